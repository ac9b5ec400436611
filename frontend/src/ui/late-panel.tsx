/** A part of a page whose program is fetched when it is opened: it may take a moment, or fail. */

import { Button } from "@mantine/core";
import { Component, type ReactNode, Suspense } from "react";
import styles from "./late-panel.module.css";
import { PageLoading } from "./page-message";

interface LatePanelProps {
  /** In the middle of a sentence. */
  readonly what: string;
  readonly children: ReactNode;
}

export class LatePanel extends Component<LatePanelProps, { readonly failed: boolean }> {
  override readonly state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    const { what, children } = this.props;
    if (this.state.failed) {
      return (
        <p className={styles.failed} role="alert">
          This part of the page, {what}, can't be shown. The server may have been updated.{" "}
          <Button size="compact-xs" onClick={() => window.location.reload()}>
            Reload the page
          </Button>
        </p>
      );
    }
    return <Suspense fallback={<PageLoading what={what} />}>{children}</Suspense>;
  }
}
