/** The task in one drawing: a cart on a rail, a pole that wants to fall. */

import styles from "./cart-pole.module.css";

export function CartPole() {
  return (
    <svg
      className={styles.drawing}
      viewBox="0 0 320 150"
      width="320"
      height="150"
      aria-hidden="true"
      focusable="false"
    >
      <path className={styles.rail} d="M10 128.5h300" />
      <path className={styles.ghost} d="M160 112 118 26" />
      <path className={styles.ghost} d="M160 112 202 26" />
      <path className={styles.arc} d="M126 20a94 94 0 0 1 68 0" />
      <g className={styles.cart}>
        <path className={styles.pole} d="M160 112 172 17" />
        <rect x="130" y="108" width="60" height="20" rx="3" />
        <circle cx="160" cy="112" r="4" />
      </g>
    </svg>
  );
}
