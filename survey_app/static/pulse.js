/* Optional: keeps answers on this phone until they are sent, locked with the link, and says when there is no signal.
   Without it the pulse works the same; answers then travel in the form alone. */
(async () => {
  "use strict";
  const form = document.querySelector("form[data-draft]");
  const ended = document.querySelector("[data-draft-ended]");
  const token = location.pathname.split("/")[2];
  if (!(form || ended) || !token || !window.crypto?.subtle || !window.localStorage) return;

  const bytes = new TextEncoder();
  const digest = await crypto.subtle.digest("SHA-256", bytes.encode("place " + token));
  const place = "draft-" + [...new Uint8Array(digest)].slice(0, 16).map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (ended) return localStorage.removeItem(place);

  const material = await crypto.subtle.importKey("raw", bytes.encode(token), "HKDF", false, ["deriveKey"]);
  const key = await crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: bytes.encode("draft") },
    material, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);

  for (const name of Object.keys(localStorage))  // of pulses that have closed since
    if (name.startsWith("draft-") && Number(localStorage.getItem(name).split("|")[0]) < Date.now() / 1000) localStorage.removeItem(name);

  const own = new Set(["screen", "language", "speak", "go"]);
  const read = async () => {
    try {
      const kept = Uint8Array.from(atob(localStorage.getItem(place).split("|")[1]), (letter) => letter.charCodeAt(0));
      const opened = await crypto.subtle.decrypt({ name: "AES-GCM", iv: kept.slice(0, 12) }, key, kept.slice(12));
      return JSON.parse(new TextDecoder().decode(opened));
    } catch { return {}; }
  };
  let draft = await read();
  const keep = async () => {
    for (const [name, value] of new FormData(form)) if (!own.has(name)) draft[name] = value;
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, bytes.encode(JSON.stringify(draft))));
    try { localStorage.setItem(place, form.dataset.until + "|" + btoa(String.fromCharCode(...iv, ...sealed))); } catch { /* no room: the form carries them */ }
  };

  const fill = (name, value) => {
    const fields = form.elements[name];
    if (!fields) {
      const hidden = Object.assign(document.createElement("input"), { type: "hidden", name, value });
      form.append(hidden);
    } else if (fields instanceof RadioNodeList) fields.value = value;
    else fields.value = value;
  };
  const notice = document.getElementById("draft-notice");
  if (form.dataset.draft === "fresh" && Object.values(draft).some(Boolean)) {
    for (const [name, value] of Object.entries(draft)) fill(name, value);
    notice.hidden = false;
    document.getElementById("draft-forget").addEventListener("click", () => {
      localStorage.removeItem(place);
      location.reload();
    });
  } else await keep();
  form.addEventListener("input", keep);

  const offline = document.getElementById("offline-notice");
  const say = () => { offline.hidden = navigator.onLine; };
  addEventListener("online", say);
  addEventListener("offline", say);
  say();
  form.addEventListener("submit", (event) => {
    if (navigator.onLine) return;
    event.preventDefault();
    say();
    offline.focus();
  });
})();
