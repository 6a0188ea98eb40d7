// In the HTML itself, so that what the other scripts here draw may call it.

const PATIENCE = 16000;  // the longest wait, in milliseconds; all together are twice as long
const LAST = "matinee-user";  // the name under which this browser keeps who was here last
let watching = asked() || before();  // the user of the page that is shown
let wanted = null;  // where one wants to go, until that page has begun

// Who comes back without saying who they are is who was here last.
if (watching && !asked()) {
  const address = new URL(location.href);
  address.searchParams.set("user", watching);
  history.replaceState({}, "", address);
}
noted();

function asked() {
  return new URLSearchParams(location.search).get("user");
}

// A browser may be told to keep nothing: then nobody was here before.
function before() {
  try { return localStorage.getItem(LAST); } catch { return null; }
}

function noted() {
  watching = asked() || watching;
  if (!watching) return;
  try { localStorage.setItem(LAST, watching); } catch { /* kept nowhere */ }
}

// Leads to another page as the browser's own Back does: Streamlit follows the address. By its own way it
// would write the query of the new page over that of the page that is left, and Back would not find it.
function lead(href) {
  wanted = null;
  history.pushState({}, "", href);
  wanted = location.href;
  follow(wanted, 1000);
}

// Streamlit forgets where to go if a part of the page is run at the same moment: then it is told again.
function follow(href, wait) {
  dispatchEvent(new PopStateEvent("popstate"));
  tellAgain(href, wait);
}

function tellAgain(href, wait) {
  setTimeout(() => {
    if (wanted !== href || arrived()) return;
    if (wait < PATIENCE) follow(href, 2 * wait);
    else wanted = null;
  }, wait);
}

// Whether what is shown is what one wants; then one wants it no more.
function arrived() {
  const shown = document.querySelector("[data-page]")?.dataset;
  const to = new URL(wanted), has = new URLSearchParams(shown?.query);
  const is = shown?.page === to.pathname.slice(1)
    && [...to.searchParams].every(([name, value]) => !value || has.getAll(name).includes(value));
  if (is) wanted = null;
  return is;
}

// The page that is being left may still write its own address, which would be taken for the one to go to.
// One that has begun as another user than the address names only sets that right: Back shall not lead there.
const replace = history.replaceState.bind(history);
for (const name of ["pushState", "replaceState"]) {
  const write = history[name].bind(history);
  history[name] = (...told) => {
    if (wanted && !arrived()) return;
    const begun = document.querySelector("[data-page]")?.dataset.user === asked();
    (begun ? write : replace)(...told);
    noted();
  };
}
addEventListener("popstate", (event) => {
  if (!event.isTrusted) return;
  wanted = null;
  if (asked() && asked() !== watching) {
    // Back to the page of someone else: a session is one user's, so another one begins.
    event.stopImmediatePropagation();
    location.reload();
    return;
  }
  wanted = location.href;
  tellAgain(wanted, 1000);
});

addEventListener("click", (event) => {
  const link = event.target.closest("[data-testid=stTopNavLink], [data-testid=stSidebarNavLink]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  event.preventDefault();
  event.stopPropagation();
  // As Python's link() does for what is drawn there.
  lead(`${link.href}?${new URLSearchParams({ user: asked() || "" })}`);
  // On a phone the menu lies over the page, which one wants to see now.
  if (link.dataset.testid === "stSidebarNavLink" && matchMedia("(max-width: 768px)").matches)
    document.querySelector("[data-testid=stSidebarCollapseButton] button")?.click();
}, true);
