/** The contract's models by their names, as the server's OpenAPI document has them. */

import type { components } from "./schema.gen";

type Schemas = components["schemas"];

export type ActionName = Command["action"]["name"];
export type AxisStretch = Schemas["AxisStretch"];
export type AlertCleared = Schemas["AlertCleared"];
export type AlertRaised = Schemas["AlertRaised"];
export type AlertRule = Schemas["AlertRule"];
export type AlertSeverity = Schemas["AlertSeverity"];
export type Algorithm = Schemas["Algorithm"];
export type AlgorithmDescription = Schemas["AlgorithmDescription"];
export type BudgetSpec = Schemas["BudgetSpec"];
export type Checkpoint = Schemas["Checkpoint"];
export type CheckpointsDeleted = Schemas["CheckpointsDeleted"];
export type CommandApplied = Schemas["CommandApplied"];
export type Command = Schemas["Command"];
export type EnvironmentDescription = Schemas["EnvironmentDescription"];
export type EpisodeReport = Schemas["EpisodeReport"];
export type EpisodesFinished = Schemas["EpisodesFinished"];
export type Event = Schemas["Event"];
export type EventPage = Schemas["EventPage"];
export type EventType = Schemas["EventType"];
export type ForkRequest = Schemas["ForkRequest"];
export type HistogramCounts = Schemas["HistogramCounts"];
export type HistogramDefinition = Schemas["HistogramDefinition"];
export type HistogramSeries = Schemas["HistogramSeries"];
export type HistogramSet = Schemas["HistogramSet"];
export type HistogramsCounted = Schemas["HistogramsCounted"];
export type HyperparameterChange = Schemas["HyperparameterChange"];
export type HyperparameterDefinition = Schemas["HyperparameterDefinition"];
export type Hyperparameters = Schemas["Hyperparameters"];
export type HyperparameterStatus = Schemas["HyperparameterStatus"];
export type ListedToken = Schemas["ListedToken"];
export type LiveClass = Schemas["LiveClass"];
export type LoginLink = Schemas["LoginLink"];
export type LogPage = Schemas["LogPage"];
export type Me = Schemas["Me"];
export type MetricDefinition = Schemas["MetricDefinition"];
export type MetricSeries = Schemas["MetricSeries"];
export type MetricsSummarised = Schemas["MetricsSummarised"];
export type NewToken = Schemas["NewToken"];
export type Parent = Schemas["Parent"];
export type Preset = Schemas["Preset"];
export type Progress = Schemas["Progress"];
export type RaisedAlert = Schemas["RaisedAlert"];
export type Recording = Schemas["Recording"];
export type Role = Schemas["Role"];
export type Run = Schemas["Run"];
export type RunPage = Schemas["RunPage"];
export type RunRequest = Schemas["RunRequest"];
export type RunRewound = Schemas["RunRewound"];
export type RunSpec = Schemas["RunSpec"];
export type RunState = Schemas["RunState"];
export type Scale = Schemas["Scale"];
export type Series = Schemas["Series"];
export type SeriesAxis = Schemas["SeriesAxis"];
export type Setting = Schemas["HyperparameterSetting"];
export type Scalar = Extract<Setting, boolean | number | string>;
export type Schedule = Schemas["Schedule"];
export type SpaceDescription = Schemas["SpaceDescription"];
export type StorageInfo = Schemas["StorageInfo"];
export type StartFields = Schemas["StartFields"];
export type SystemInfo = Schemas["SystemInfo"];
export type TokenRequest = Schemas["TokenRequest"];
export type ViewFrame = Schemas["ViewFrame"];
export type ViewStatus = Schemas["ViewStatus"];
export type WorkerProcess = Schemas["WorkerProcess"];
export type WorkerTable = Schemas["WorkerTable"];
export type WorkerThread = Schemas["WorkerThread"];

/** What the server sends over the live stream. */
export type ServerFrame = Schemas["ServerFrame"];

/** What the page sends. */
export type ClientFrame = Schemas["ClientFrame"];

/** What the page sends while somebody watches the agent. */
export type ViewClientFrame = Schemas["ViewClientFrame"];
