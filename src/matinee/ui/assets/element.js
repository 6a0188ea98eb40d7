// Read before every other script here, as one script with it.

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

// Leads to another page as the browser's own Back does: Streamlit follows the address, and the entry of the
// page that is left keeps its own.
function lead(href) {
  history.pushState({}, "", href);
  dispatchEvent(new PopStateEvent("popstate"));
}
