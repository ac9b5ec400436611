/** Makes a named token, and shows its secret the only time that anybody can. */

import { Button, Group, SegmentedControl } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { createToken, tokensQuery } from "../../api/access";
import type { NewToken, Role } from "../../api/types";
import { serverAddress } from "../../format/addresses";
import { CopyField } from "../../ui/copy-field";
import { Dialog } from "../../ui/dialog";
import { Icon } from "../../ui/icons";
import styles from "./access-settings.module.css";
import { ROLE_MEANINGS, ROLES, TOKEN_EXPIRIES, USUAL_TOKEN_EXPIRY, untilText } from "./access-text";
import { GrantForm } from "./grant-form";

export function TokenDialog({ onClose }: { readonly onClose: () => void }) {
  const queries = useQueryClient();
  const [role, setRole] = useState<Role>("viewer");
  const making = useMutation({
    mutationFn: createToken,
    onSuccess: () => queries.invalidateQueries({ queryKey: tokensQuery.queryKey }),
  });
  const made = making.data;
  return (
    <Dialog
      title={made === undefined ? "New token" : `The token “${made.details.name}”`}
      isHeld={made !== undefined}
      onClose={onClose}
    >
      {made === undefined ? (
        <GrantForm
          usualName=""
          nameHint="Of whom or what it is for. The ledger shows it with what was done."
          expiries={TOKEN_EXPIRIES}
          usualExpiry={USUAL_TOKEN_EXPIRY}
          action="Make the token"
          error={making.error}
          isPending={making.isPending}
          onGrant={(name, expiresInS) => making.mutate({ name, role, expires_in_s: expiresInS })}
          onChange={making.reset}
          onClose={onClose}
        >
          <RoleField role={role} onChange={setRole} />
        </GrantForm>
      ) : (
        <Secret made={made} onClose={onClose} />
      )}
    </Dialog>
  );
}

function RoleField({
  role,
  onChange,
}: {
  readonly role: Role;
  readonly onChange: (role: Role) => void;
}) {
  const labelId = useId();
  return (
    <fieldset className={styles.field}>
      <span id={labelId} className={styles.label}>
        Role
      </span>
      <SegmentedControl
        aria-labelledby={labelId}
        data={[...ROLES]}
        value={role}
        onChange={(value) => onChange(ROLES.find((each) => each === value) ?? "viewer")}
      />
      <p className={styles.quiet} aria-live="polite">
        {role}: {ROLE_MEANINGS[role]}.
      </p>
    </fieldset>
  );
}

function Secret({ made, onClose }: { readonly made: NewToken; readonly onClose: () => void }) {
  const { token, details } = made;
  return (
    <div className={styles.form}>
      <p className={styles.once}>
        <Icon name="warning" size={14} />
        <span>
          <b>Copy it now: it will not be shown again.</b> The server keeps only a digest of it.
          Whoever has it is {details.role === "viewer" ? "a viewer" : `an ${details.role}`} here,{" "}
          {untilText(details.expires_at)}.
        </span>
      </p>
      <CopyField what="the token" text={token} isFirst />
      <p className={styles.quiet}>
        A script sends it with every request; a person pastes it where the page asks for a token.
      </p>
      <CopyField
        what="an example"
        text={`curl -H "Authorization: Bearer ${token}" ${serverAddress()}/api/v1/runs`}
      />
      <Group justify="flex-end" mt="xs">
        <Button variant="filled" onClick={onClose}>
          I have copied it
        </Button>
      </Group>
    </div>
  );
}
