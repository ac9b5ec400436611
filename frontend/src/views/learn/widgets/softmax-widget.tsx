/** Logits under the reader's hands: probabilities, entropy, score, and a step of learning. */

import { Button } from "@mantine/core";
import { useState } from "react";
import { formatMeasured, UNIT_SPACE } from "../../../format/numbers";
import { ChoiceChips } from "../../../ui/choice-chips";
import { InlineMath } from "../../../ui/math";
import { useLearnRun, useNewest } from "../learn-run";
import { entropy, entropyShare, score, softmax, stepped } from "../maths/softmax";
import { LiveSlider } from "./live-slider";
import styles from "./softmax-widget.module.css";
import { Knobs, Reading, Widget } from "./widget";

const START = [0.8, 0, -0.6];
const MOST = 5;
const RATE = 0.5;

/** @param shows the score of one action, or how undecided the policy is */
export function SoftmaxWidget({ shows }: { shows: "score" | "entropy" }) {
  const [logits, setLogits] = useState<readonly number[]>(START);
  const policy = softmax(logits);
  const knobs = (
    <Knobs>
      {logits.map((z, j) => (
        <LiveSlider
          // biome-ignore lint/suspicious/noArrayIndexKey: an action is its number
          key={j}
          label={`Logit of action ${j + 1}`}
          shown={<InlineMath latex={`z_${j + 1}`} />}
          value={z}
          minimum={-MOST}
          maximum={MOST}
          text={formatMeasured}
          onChange={(next) => setLogits(logits.map((old, k) => (k === j ? next : old)))}
        />
      ))}
    </Knobs>
  );
  if (shows === "entropy") {
    return (
      <Widget title="How undecided is it?">
        {knobs}
        <Bars label="probabilities" values={policy} isShare />
        <EntropyMeter policy={policy} />
      </Widget>
    );
  }
  return (
    <Widget
      title="Softmax and its score"
      actions={
        <Button variant="subtle" onClick={() => setLogits(START)}>
          Begin again
        </Button>
      }
    >
      {knobs}
      <Bars label="probabilities" values={policy} isShare />
      <Score logits={logits} onStep={setLogits} />
    </Widget>
  );
}

interface ScoreProps {
  readonly logits: readonly number[];
  readonly onStep: (logits: readonly number[]) => void;
}

function Score({ logits, onStep }: ScoreProps) {
  const [action, setAction] = useState(0);
  const [advantage, setAdvantage] = useState(1);
  const policy = softmax(logits);
  const slope = score(policy, action);
  const after = softmax(stepped(logits, action, advantage, RATE));
  return (
    <>
      <div className={styles.choice}>
        <span>taken:</span>
        <ChoiceChips
          label="Which action was taken"
          value={String(action)}
          onChoose={(value) => setAction(Number(value))}
          chips={policy.map((_, j) => ({
            value: String(j),
            label: `action ${j + 1}`,
            obstacle: null,
          }))}
        />
      </div>
      <Bars label={`score of action ${action + 1}`} values={slope} />
      <div className={styles.step}>
        <LiveSlider
          label="Advantage of that action"
          shown={
            <>
              advantage <InlineMath latex="A" />
            </>
          }
          value={advantage}
          minimum={-2}
          maximum={2}
          text={formatMeasured}
          onChange={setAdvantage}
        />
        <Button onClick={() => onStep(stepped(logits, action, advantage, RATE))}>
          Take one step
        </Button>
      </div>
      <Reading>
        A step of size {RATE} along advantage times score would move the probability of action{" "}
        {action + 1} from <strong>{formatMeasured(policy[action])}</strong> to{" "}
        <strong>{formatMeasured(after[action])}</strong>. The entries of the score sum to 0: what
        one action gains, the others lose.
      </Reading>
    </>
  );
}

function EntropyMeter({ policy }: { policy: readonly number[] }) {
  const live = useLearnRun();
  const ofRun = useNewest("entropy_fraction");
  const share = entropyShare(policy);
  return (
    <>
      <div className={styles.meter}>
        <span className={styles.scale} aria-hidden="true">
          <span className={styles.fill} style={{ width: `${share * 100}%` }} />
          {ofRun !== null && (
            <span
              className={styles.marker}
              style={{ left: `${Math.min(1, Math.max(0, ofRun)) * 100}%` }}
            />
          )}
        </span>
        <span className={styles.ends} aria-hidden="true">
          <span>0: decided</span>
          <span>1: a coin toss</span>
        </span>
      </div>
      <Reading>
        Yours: <InlineMath latex="H" /> = {formatMeasured(entropy(policy))} nats of at most{" "}
        {formatMeasured(Math.log(policy.length))}, a share of{" "}
        <strong>{formatMeasured(share)}</strong>.{" "}
        {live === null || ofRun === null ? (
          "With a run, a mark shows where its policy stands."
        ) : (
          <>
            The mark is {live.run.name}, now: <strong>{formatMeasured(ofRun)}</strong>.
          </>
        )}
      </Reading>
    </>
  );
}

interface BarsProps {
  readonly label: string;
  readonly values: readonly number[];
  /** 0 to 1 from the left; else −1 to 1 from the middle. */
  readonly isShare?: boolean;
}

function Bars({ label, values, isShare = false }: BarsProps) {
  return (
    <>
      <p className={styles.caption}>{label}</p>
      <dl className={styles.bars}>
        {values.map((value, j) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: an action is its number
          <div key={j}>
            <dt>
              {isShare ? (
                <InlineMath latex={`\\pi_${j + 1}`} />
              ) : (
                <InlineMath latex={`\\partial_{z_${j + 1}}`} />
              )}
            </dt>
            <dd>
              <span
                className={styles.track}
                data-centred={!isShare || undefined}
                aria-hidden="true"
              >
                <span
                  className={styles.bar}
                  data-negative={value < 0 || undefined}
                  style={{ width: `${Math.abs(value) * (isShare ? 100 : 50)}%` }}
                />
              </span>
              <span className={styles.number}>
                {isShare ? `${(value * 100).toFixed(0)}${UNIT_SPACE}%` : formatMeasured(value)}
              </span>
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}
