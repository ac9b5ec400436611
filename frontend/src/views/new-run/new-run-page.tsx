/** A new run: pick a starting point, change what you like, start. */

import { useQuery } from "@tanstack/react-query";
import { describeError } from "../../api/problem";
import { algorithmsQuery, environmentsQuery, presetsQuery } from "../../api/queries";
import { PageLoading, PageMessage } from "../../ui/page-message";
import { NewRunForm } from "./new-run-form";

export function NewRunPage() {
  const presets = useQuery(presetsQuery);
  const environments = useQuery(environmentsQuery);
  const algorithms = useQuery(algorithmsQuery);
  const error = presets.error ?? environments.error ?? algorithms.error;
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
    algorithms.data?.[0] === undefined
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
    />
  );
}
