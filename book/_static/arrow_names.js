// The arrows that unfold a chapter's pages in the contents get a name, for readers who hear the page.
for (const arrow of document.querySelectorAll("nav details > summary")) {
  arrow.ariaLabel = `Pages below ${arrow.closest("li").querySelector("a").textContent.trim()}`;
}
