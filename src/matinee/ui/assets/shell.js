// In the HTML itself, so that what the other scripts here draw may call it.

// Leads to another page as the browser's own Back does: Streamlit follows the address. By its own way it
// would write the query of the new page over that of the page that is left, and Back would not find it.
function lead(href) {
  history.pushState({}, "", href);
  follow(location.href, 4);
}

// Streamlit forgets where to go if a part of the page is run at the same moment: then it is told again.
function follow(href, times) {
  dispatchEvent(new PopStateEvent("popstate"));
  const isThere = () => document.querySelector("[data-page]")?.dataset.page === location.pathname.slice(1);
  setTimeout(() => { if (times && location.href === href && !isThere()) follow(href, times - 1); }, 1000);
}

addEventListener("click", (event) => {
  const link = event.target.closest("[data-testid=stTopNavLink], [data-testid=stSidebarNavLink]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  event.preventDefault();
  event.stopPropagation();
  // As Python's link() does for what is drawn there.
  const user = new URLSearchParams(location.search).get("user") || "";
  lead(`${link.href}?${new URLSearchParams({ user })}`);
  // On a phone the menu lies over the page, which one wants to see now.
  if (link.dataset.testid === "stSidebarNavLink" && matchMedia("(max-width: 768px)").matches)
    document.querySelector("[data-testid=stSidebarCollapseButton] button")?.click();
}, true);
