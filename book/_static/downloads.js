// A click on a page's program saves it. Without this, a browser shows it, because it is text.
document.querySelector("a.btn-download-program-button")?.setAttribute("download", "");
