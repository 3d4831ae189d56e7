"""Tables of a dump in SQL, and the bytes of their rows."""

import pytest

from playbook.readers.archives.dump_tables import Tables

PG_DUMP = b"""--
-- PostgreSQL database dump
--

CREATE TABLE public.orders (
    id integer NOT NULL
);

COPY public.orders (id, email) FROM stdin;
1\ta@example.org
2\tb@example.org
\\.

COPY public.empty (id) FROM stdin;
\\.

ALTER TABLE ONLY public.orders ADD CONSTRAINT orders_pkey PRIMARY KEY (id);
"""
MYSQLDUMP = b"""-- MySQL dump 10.13
CREATE TABLE `orders` (
  `id` int NOT NULL
);
LOCK TABLES `orders` WRITE;
/*!40000 ALTER TABLE `orders` DISABLE KEYS */;
INSERT INTO `orders` VALUES (1,'a@example.org');
INSERT INTO `orders` VALUES (2,'b@example.org');
/*!40000 ALTER TABLE `orders` ENABLE KEYS */;
UNLOCK TABLES;
INSERT INTO `orders_of_2025` VALUES (1);
-- Dump completed on 2026-11-22  2:30:04
"""


@pytest.mark.parametrize("step", [1, 7, 100_000])
@pytest.mark.parametrize(
    ("dump", "filled", "empty"),
    [
        (PG_DUMP, {"public.orders": 32}, {"public.empty": 0}),
        (MYSQLDUMP, {"orders": 77, "orders_of_2025": 53}, {}),
        (b'PRAGMA foreign_keys=OFF;\nINSERT INTO "my table" VALUES(1);\nCOMMIT;\n', {"my": 18}, {}),
        (b"", {}, {}),
    ],
)
def test_bytes_of_rows_are_those_of_their_table(dump, filled, empty, step):
    """However the dump is cut into pieces; what follows the last row is of no table."""
    tables = Tables()
    for at in range(0, len(dump), step):
        tables.write(dump[at : at + step])
    assert {name: size for name, size in tables.sizes.items() if size > 2} == filled
    assert {name for name, size in tables.sizes.items() if size <= 2} == set(empty)


def test_line_without_an_end_is_no_reason_to_keep_it():
    """An INSERT of mysqldump may be as long as max_allowed_packet."""
    tables = Tables()
    tables.write(b"INSERT INTO `a` VALUES ")
    for _ in range(9):
        tables.write(b"(1,'x')," * 1000)
    assert tables.sizes == {"a": pytest.approx(72_000, abs=5100)}
    tables.write(b";\nUNLOCK TABLES;\n" + b"--\n" * 99)
    assert tables.sizes["a"] == 72_009
