"""Titles of pages that are returned in place of others, in languages other than English. Pure."""

from __future__ import annotations

import re

# Of a whole site, in a sentence.
SUSPENDED = (
    r"(?:diese |dieser |ihre? |deine? )?(?:website|webseite|seite|webspace|account|konto|internetauftritt)"
    r" (?:wurde|ist) (?:vorübergehend |derzeit )?(?:gesperrt|deaktiviert|abgeschaltet|stillgelegt)",
    r"(?:ce |votre )?(?:site|compte)(?: web| internet)? (?:est|a été) (?:temporairement )?(?:suspendu|désactivé)",
    r"(?:este |es[ae] |su )?(?:sitio|cuenta)(?: web)? (?:ha sido|está|fue) (?:temporalmente )?"
    r"(?:suspendid|desactivad)[oa]",
    r"(?:questo )?(?:sito|account)(?: web)? (?:è|è stato) (?:temporaneamente )?(?:sospeso|disattivato)",
    r"(?:este )?(?:site|conta) (?:foi|está) (?:temporariamente )?(?:suspens|desativad)[oa]",
    r"(?:deze )?(?:website|site|account) is (?:tijdelijk )?(?:opgeschort|geblokkeerd|uitgeschakeld)",
    r"(?:ta )?strona została (?:tymczasowo )?(?:zablokowana|zawieszona)",
    r"(?:den här |denna )?(?:webbplatsen|sidan|kontot) är (?:tillfälligt )?(?:avstäng[dt]|spärra[dt])",
)
_TITLES = {
    "an error page": (
        r"(?:fehler|erreur|error|errore|erro|błąd|chyba|hata|feil|virhe|ошибка)(?: http)? [45]\d\d\b.*",
        r"fehler|serverfehler|interner (?:server-?)?fehler.*|(?:seite )?nicht gefunden",
        r"(?:seite|server) nicht erreichbar",
        r"diese (?:website|webseite|seite) ist (?:derzeit|momentan|zurzeit) nicht (?:verfügbar|erreichbar).*",
        r"erreur (?:interne(?: du serveur)?|serveur|du serveur)|(?:page|site) (?:non trouvée?|introuvable)",
        r"(?:(?:site|service|page) )?(?:temporairement |momentanément )?indisponible",
        r"error (?:interno )?del servidor|sitio (?:no|temporalmente no) disponible|página no disponible",
        r"errore (?:interno )?del server|(?:pagina|sito) non (?:trovat[ao]|disponibile)",
        r"erro (?:interno )?d[eo] servidor|(?:página|site) não (?:encontrad[ao]|disponível)",
        r"site indisponível",
        r"strony nie znaleziono|nie znaleziono strony|błąd serwera|stránka nenalezena|chyba serveru",
        r"pagina niet gevonden|sidan hittades inte|siden bl(?:ev|e) ikke fun[nd]et|sivua ei löy\w+",
        r"sayfa bulunamadı",
        r"ошибка сервера|страница не найдена|сайт не найден|сторінку не знайдено",
        r"エラー|.*サーバー ?エラー|.*ページが見つかりません(?:でした)?|服务器(?:内部)?错误|伺服器錯誤",
        r"(?:页面|网页)不存在|找不到(?:页面|頁面|网页)",
        r"페이지를 찾을 수 없(?:습니다|음)|서버 오류",
        # WordPress without its database, or after an error of PHP: title and heading of each translation.
        r"(?:wordpress|ووردبريس|وردپرس|워드프레스) ?[›»] ?(?:fehler|erreur|errore?|erro|fout|fe[ij]?l|virhe"
        r"|błąd|chyba|hata|hiba|napaka|greška|galat|ralat|lỗi|ошибка|помилка|грешка|σφάλμα|エラー|错误|錯誤|오류|خطأ|خطا)",
        r"(?:erro|eroare) [›»] wordpress",
        r"datenbankfehler|erreur de la base de données|error (?:de|en) la base de datos|errore del database"
        r"|erro d[ae] (?:base|banco) de dados|databasef(?:ejl|el)|tietokantavirhe|chyba databázy|adatbázis hiba"
        r"|ошибка базы данных|помилка бази даних|データベースエラー|数据库错误|資料庫錯誤|데이터베이스 에러",
        r"fehler beim aufbau einer datenbankverbindung|erreur lors de la connexion à la base de données"
        r"|.*\berror (?:al establecer|estableciendo) una conexión (?:con|a) la base de datos"
        r"|errore nello stabilire una connessione al database"
        r"|erro ao estabelecer uma (?:conexão|ligação) com [ao] (?:banco|base) de dados"
        r"|fejl ved etablering af databaseforbindelse|ett fel uppstod vid anslutning till databasen"
        r"|tietokantayhteys epäonnistui|chyba pri nadväzovaní spojenia s databázou"
        r"|hiba az adatbázis-kapcsolat létrehozása során|ошибка установки соединения с базой данных"
        r"|データベース接続確立エラー|建立数据库连接时出错|建立資料庫連線時發生錯誤|데이터베이스 연결중 에러",
    ),
    "a server's default page": (
        r"(?:恭喜，?)?站点创建成功！?|没有找到站点|félicitations ! votre domaine .*",
        r"herzlichen glückwunsch! .*domain.*",
    ),
    "a maintenance page": (
        r"(?:(?:site|sito|sitio|página) )?(?:en construction|in costruzione|en construcción|em construção)",
        r"(?:(?:pagina|strona|сайт|webseite|website|site) )?(?:w budowie|в разработке|на реконструкции|im aufbau)",
        r"(?:(?:pagina|website|site) )?(?:in costruzione|onder constructie|in aanbouw)",
        r"(?:diese |unsere )?(?:seite|website|webseite) wird (?:gerade )?gewartet|сайт временно недоступен",
        r"bakım modu|site bakımda|underhåll|vedlikehold|vedligeholdelse|údržba|huoltokatko|karbantartás",
        r"(?:网站|系统)?(?:建设中|升级中|正在维护)|网站已暂停|準備中|工事中",
        r"(?:서비스|사이트) ?(?:점검|준비) ?중.*",
    ),
    "a parked or suspended domain": (
        r"(?:diese )?domain (?:ist )?(?:geparkt|abgelaufen|im kundenauftrag registriert)|konto gesperrt",
        r"(?:cuenta|sitio|dominio) (?:suspendid[oa]|expirad[oa])|(?:compte|site) suspendu",
        r"(?:sito|account) sospeso",
        *SUSPENDED,
        r"(?:conta|site) suspens[ao]|(?:konto|strona) zablokowan[ae]|(?:сайт|аккаунт) заблокирован",
    ),
}
TITLES = tuple((what, re.compile("|".join(patterns))) for what, patterns in _TITLES.items())
