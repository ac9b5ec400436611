/** Workers that pull, work and push: who is behind by how much. */

import { useElementSize } from "@mantine/hooks";
import { useState } from "react";
import { workerColour } from "../../../charts/palette";
import { formatMeasured } from "../../../format/numbers";
import { interleaved } from "../maths/interleaving";
import { mean } from "../maths/targets";
import styles from "./interleaving-widget.module.css";
import { LiveSlider } from "./live-slider";
import { Knobs, Reading, Widget } from "./widget";

const MOST_WORKERS = 8;
const ROW = 26;
/** So long as the picture, in rollouts of a normal worker. */
const SPAN = 4.4;
const MANY = 400;

export function InterleavingWidget() {
  const [workers, setWorkers] = useState(4);
  const [slowness, setSlowness] = useState(1);
  const { ref, width } = useElementSize();
  const durations = Array.from({ length: workers }, (_, i) => (i === workers - 1 ? slowness : 1));
  const pushes = interleaved(durations, MANY);
  const settled = pushes.slice(MANY / 4);
  const average = mean(settled.map(({ lag }) => lag));
  const worst = Math.max(...settled.map(({ lag }) => lag));
  const shown = pushes.filter(({ startedAt }) => startedAt < SPAN);
  const atX = (time: number) => 2 + (time / SPAN) * (width - 4);
  return (
    <Widget title="Who pushes on top of whom">
      <div ref={ref} className={styles.drawing} style={{ height: workers * ROW }}>
        {width > 0 && (
          <svg
            width={width}
            height={workers * ROW}
            role="img"
            aria-label={`${workers} workers over time; each bar is a rollout from pull to push, with the number of pushes by others in between`}
          >
            {shown.map(({ worker, startedAt, finishedAt, lag }) => {
              const wide = atX(finishedAt) - atX(startedAt);
              return (
                <g key={`${worker} ${startedAt}`}>
                  <rect
                    className={styles.rollout}
                    style={{ stroke: workerColour(worker) }}
                    x={atX(startedAt) + 1}
                    y={worker * ROW + 4}
                    width={Math.max(1, wide - 2)}
                    height={ROW - 8}
                    rx={2}
                  />
                  <text
                    className={styles.lag}
                    x={atX(startedAt) + Math.min(wide, width - atX(startedAt)) / 2}
                    y={worker * ROW + ROW / 2 + 4}
                  >
                    {lag}
                  </text>
                </g>
              );
            })}
          </svg>
        )}
      </div>
      <Knobs>
        <LiveSlider
          label="Workers"
          value={workers}
          minimum={1}
          maximum={MOST_WORKERS}
          isWhole
          onChange={setWorkers}
        />
        <LiveSlider
          label="The last worker takes"
          value={slowness}
          minimum={1}
          maximum={4}
          text={(value) => `${formatMeasured(value)} × as long`}
          onChange={setSlowness}
        />
      </Knobs>
      <Reading>
        A bar runs from a pull to a push; the number in it is the lag: how often others pushed
        meanwhile. On average <strong>{formatMeasured(average)}</strong>, at worst{" "}
        <strong>{worst}</strong>.{" "}
        {slowness > 1
          ? "The slow one learns from the oldest weights."
          : "Equal workers are behind by the number of the others."}
      </Reading>
    </Widget>
  );
}
