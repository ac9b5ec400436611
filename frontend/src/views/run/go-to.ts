/** Leads a person to a place of the page that may only be about to come. */

/** A chart of another set is there a moment after it was chosen. */
const PATIENCE_MS = 2_000;

export function goTo(id: string): void {
  const deadline = performance.now() + PATIENCE_MS;
  const look = () => {
    const place = document.getElementById(id);
    if (place === null) {
      if (performance.now() < deadline) requestAnimationFrame(look);
      return;
    }
    place.scrollIntoView({ block: "center" });
    place.focus({ preventScroll: true });
  };
  requestAnimationFrame(look);
}
