// Notes when episodes arrive, when the big chart is drawn and how long frames take.
// All times are Unix milliseconds of this machine's clock.
(() => {
  const now = () => performance.timeOrigin + performance.now();
  const seen = { arrivals: [], draws: [], frames: [], clicks: [] };
  window.__seen = seen;

  const Native = window.WebSocket;
  window.WebSocket = class extends Native {
    constructor(...rest) {
      super(...rest);
      this.addEventListener("message", (message) => {
        if (typeof message.data !== "string") return;
        const at = now();
        // Cheap to skip: most messages are ticks and metrics.
        if (!message.data.includes('"episodes_finished"')) return;
        for (const event of JSON.parse(message.data).events ?? []) {
          if (event.type !== "episodes_finished") continue;
          seen.arrivals.push({ at, committedAt: Date.parse(event.at), seconds: event.columns.seconds });
        }
      });
    }
  };

  const fetchAsIs = window.fetch;
  window.fetch = async (...request) => {
    const answer = await fetchAsIs(...request);
    const url = request[0] instanceof Request ? request[0].url : String(request[0]);
    if (url.includes("/series")) {
      // Episodes that were over before the page subscribed come with the history.
      const { metrics } = await answer.clone().json();
      if (metrics?.episode_return?.x.length > 0)
        seen.arrivals.push({ at: now(), committedAt: null, seconds: [] });
    }
    return answer;
  };

  const area = (canvas) => canvas.width * canvas.height;
  let large = null;
  const isLarge = (canvas) => {
    if (large === null || !large.isConnected || area(canvas) > area(large)) large = canvas;
    return canvas === large;
  };
  const clear = CanvasRenderingContext2D.prototype.clearRect;
  CanvasRenderingContext2D.prototype.clearRect = function (...rest) {
    if (this.canvas.isConnected && isLarge(this.canvas)) {
      const drawnAt = now();
      // The next frame begins after this one was handed to the compositor.
      requestAnimationFrame(() => seen.draws.push({ drawnAt, shownAt: now() }));
    }
    return clear.apply(this, rest);
  };

  const frame = () => {
    seen.frames.push(now());
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  window.addEventListener("click", () => seen.clicks.push(now()), true);
})();
