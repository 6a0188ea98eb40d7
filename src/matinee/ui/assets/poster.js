// A poster for who has none: title, year and a figure. Read before wall.js, as one script with it.

const HUES = {
  Action: 8, Adventure: 28, Animation: 320, Children: 45, Comedy: 36, Crime: 215, Documentary: 150, Drama: 222,
  Fantasy: 275, "Film-Noir": 230, Horror: 355, Musical: 300, Mystery: 250, Romance: 340, "Sci-Fi": 186,
  "Science Fiction": 186, Thriller: 200, War: 85, Western: 22, Family: 45, History: 60, Music: 300,
};
const SVG = "http://www.w3.org/2000/svg";

function shape(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function number(text) {
  let hash = 2166136261;
  for (const letter of text) hash = Math.imul(hash ^ letter.codePointAt(0), 16777619);
  return hash >>> 0;
}

// The colour is that of the first genre, the figure the movie's own.
function drawn(item) {
  const hash = number(item.movie), known = Object.hasOwn(HUES, item.genres[0]) ? HUES[item.genres[0]] : undefined;
  const hue = known === undefined ? hash % 360 : known, colour = item.genres.length ? 46 : 8;
  const box = element("span", "drawn");
  box.style.background = `linear-gradient(165deg, hsl(${hue} ${colour}% 30%), hsl(${(hue + 24) % 360} ${colour}% 15%))`;
  const svg = shape("svg", { viewBox: "0 0 200 300", preserveAspectRatio: "xMidYMax slice", "aria-hidden": "true" });
  const fill = `hsl(${(hue + 14) % 360} ${colour + 12}% 52%)`;
  figure(svg, hash >>> 8, fill);
  const title = element("span", "drawn-title", item.title || item.movie);
  const letters = (item.title || item.movie).length;
  title.dir = "auto";
  title.classList.add(letters > 60 ? "tiny" : letters > 24 ? "small" : "large");
  const foot = element("span", "drawn-foot");
  foot.append(element("span", "", item.year || ""), element("span", "", item.genres[0] || ""));
  box.append(svg, title, foot);
  return box;
}

function figure(svg, hash, fill) {
  const at = (place, span) => (hash >>> place) % span;
  const paint = (tag, attributes, opacity) => svg.append(shape(tag, { ...attributes, fill, opacity }));
  switch (hash % 6) {
    case 0:
      paint("circle", { cx: 60 + at(3, 80), cy: 210, r: 60 + at(6, 30) }, 0.55);
      paint("rect", { x: 0, y: 225, width: 200, height: 75 }, 0.25);
      break;
    case 1:
      for (let line = 0; line < 7; line++)
        paint("polygon", { points: `${line * 40 - 60},300 ${line * 40 - 40},300 ${line * 40 + 60},120 ${line * 40 + 40},120` }, 0.18 + 0.05 * line);
      break;
    case 2:
      for (let ring = 4; ring > 0; ring--) paint("circle", { cx: at(4, 2) * 200, cy: 300, r: ring * 42 }, 0.16);
      break;
    case 3:
      for (let house = 0; house < 8; house++) {
        const height = 40 + ((hash >>> house) % 5) * 26;
        paint("rect", { x: house * 25 + 2, y: 300 - height, width: 21, height }, 0.42);
      }
      break;
    case 4:
      paint("polygon", { points: `${80 + at(3, 40)},90 0,300 200,300` }, 0.28);
      paint("ellipse", { cx: 100, cy: 292, rx: 100, ry: 26 }, 0.5);
      break;
    default:
      for (let wave = 0; wave < 4; wave++)
        paint("path", { d: `M0 ${180 + wave * 32} q50 ${-34 - at(wave, 20)} 100 0 t100 0 V300 H0z` }, 0.2);
  }
}
