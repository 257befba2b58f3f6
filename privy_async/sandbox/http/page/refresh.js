// Asks for the page again, and puts in what has changed. What was unfolded stays so.
let tag = "";

async function refresh() {
  const headers = { Accept: "text/html", "If-None-Match": tag };
  const answer = await fetch("/", { headers, cache: "no-store" });
  if (answer.status !== 200) return;
  tag = answer.headers.get("ETag");
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const open of document.querySelectorAll("details[open]")) {
    page.getElementById(open.id)?.setAttribute("open", "");
  }
  document.querySelector("main").replaceWith(page.querySelector("main"));
}

async function keepRefreshing() {
  if (!document.hidden) {
    try {
      await refresh();
      delete document.body.dataset.gone;
    } catch {
      document.body.dataset.gone = "";
    }
  }
  setTimeout(keepRefreshing, 2000);
}

setTimeout(keepRefreshing, 2000);
