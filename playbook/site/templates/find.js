// Narrows the list as one types. The page has everything without it, and the browser's own search finds it too.
const field = document.getElementById("words");
const entries = [...document.querySelectorAll(".found > li")].map((entry) => [entry, entry.textContent.toLowerCase()]);
const told = document.getElementById("told");
const narrow = () => {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let left = 0;
  for (const [entry, text] of entries) {
    entry.hidden = !words.every((word) => text.includes(word));
    left += entry.hidden ? 0 : 1;
  }
  told.textContent = words.length ? `${left} of ${entries.length} hold these words` : "";
};
field.value = new URLSearchParams(location.search).get("q") ?? "";
field.closest("p").hidden = false;
field.addEventListener("input", narrow);
narrow();
