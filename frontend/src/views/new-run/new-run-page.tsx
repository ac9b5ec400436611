/** A new run: pick a starting point, change what you like, start. */

import { useQuery } from "@tanstack/react-query";
import { describeError } from "../../api/problem";
import {
  alertRulesQuery,
  algorithmsQuery,
  environmentsQuery,
  presetsQuery,
} from "../../api/queries";
import { PageLoading, PageMessage } from "../../ui/page-message";
import { NewRunForm } from "./new-run-form";

export function NewRunPage() {
  const presets = useQuery(presetsQuery);
  const environments = useQuery(environmentsQuery);
  const algorithms = useQuery(algorithmsQuery);
  const alertRules = useQuery(alertRulesQuery);
  const error = presets.error ?? environments.error ?? algorithms.error ?? alertRules.error;
  if (error !== null) {
    return (
      <PageMessage title="The form can't be shown">
        <p>{describeError(error)}</p>
      </PageMessage>
    );
  }
  if (
    presets.data?.[0] === undefined ||
    environments.data === undefined ||
    algorithms.data?.[0] === undefined ||
    alertRules.data === undefined
  ) {
    return <PageLoading what="presets and environments" />;
  }
  return (
    <NewRunForm
      presets={presets.data}
      firstPreset={presets.data[0]}
      environments={environments.data}
      algorithms={algorithms.data}
      firstAlgorithm={algorithms.data[0]}
      alertRules={alertRules.data}
    />
  );
}
