// Before the first paint: whoever chose light or dark must not see the other one first.
try {
  const chosen = localStorage.getItem("outport.theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // Storage may be closed; the system's choice holds then.
}
