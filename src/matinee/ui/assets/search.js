// A search box that suggests while one types. It stays itself from one answer to the next: only the list changes.

const PAUSE = 90;

function option(item, place, choose) {
  const made = element("li");
  made.id = `found-${place}`;
  made.setAttribute("role", "option");
  made.setAttribute("aria-selected", "false");
  const title = element("span", "title", item.title || item.movie);
  title.dir = "auto";
  const more = item.people ? [`with ${item.people.join(", ")}`] : item.genres.slice(0, 2);
  made.append(title, element("span", "facts", [item.year, ...more].filter(Boolean).join(" · ")));
  made.addEventListener("pointerdown", (event) => { event.preventDefault(); choose(item); });
  return made;
}

function told(text) {
  const made = element("li", "none", text);
  made.setAttribute("role", "option");
  made.setAttribute("aria-disabled", "true");
  return made;
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const box = parentElement.querySelector("div"), input = box.querySelector("input"), list = box.querySelector("ul");
  const state = (box.state ||= { timer: 0, at: -1, found: [], left: "" });
  const close = () => { list.hidden = true; state.at = -1; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };
  const choose = (item) => { clearTimeout(state.timer); close(); input.value = ""; lead(item.href); };
  const mark = (at) => {
    state.at = at;
    [...list.children].forEach((each, place) => each.setAttribute("aria-selected", String(place === at)));
    if (at >= 0) input.setAttribute("aria-activedescendant", `found-${at}`);
  };
  const open = () => { list.hidden = false; input.setAttribute("aria-expanded", "true"); };
  input.oninput = () => {
    clearTimeout(state.timer);
    state.left = "";
    if (input.value.trim()) state.timer = setTimeout(() => setTriggerValue("typed", input.value), PAUSE);
    else close();
  };
  input.onblur = close;
  input.onkeydown = (event) => {
    if (event.isComposing) return;  // Enter takes a word of Chinese or Japanese then
    const count = state.found.length;
    if (event.key === "ArrowDown" && count) { open(); mark((state.at + 1) % count); event.preventDefault(); }
    else if (event.key === "ArrowUp" && count) { open(); mark((state.at + count - 1) % count); event.preventDefault(); }
    else if (event.key === "Escape") { close(); state.found = []; }  // the browser empties the box
    else if (event.key === "Enter" && state.at >= 0 && !list.hidden) choose(state.found[state.at]);
    else if (event.key === "Enter" && input.value.trim()) { clearTimeout(state.timer); close(); state.left = input.value; lead(`${data.all}&${new URLSearchParams({ q: input.value.trim() })}`); }
  };
  state.found = data.found;
  list.replaceChildren(...data.found.map((item, place) => option(item, place, choose)));
  if (data.typed && !data.found.length) list.replaceChildren(told(data.trouble || `Nothing is called like “${data.typed}”.`));
  state.at = -1;
  const asked = input.value.trim() && input.value.trim() === data.typed.trim();
  if (asked && input.value !== state.left && parentElement.activeElement === input) open(); else close();
}
