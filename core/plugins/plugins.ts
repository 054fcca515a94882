import type {
  PluginEntry,
  PluginLine,
  PluginRequest,
  PluginResult,
  PluginState,
  Registration,
} from '#contract'

export interface CallOptions {
  /** Asks the plugin to stream; sees the words as they come. */
  readonly onText?: ((text: string) => void) | undefined
  readonly signal?: AbortSignal | undefined
  /** The memory of whoever is answered: the plugin gets a `turn_token` that proves it until the call is over. */
  readonly namespace?: string | undefined
}

/** The plugins that Core knows: registered ones, and those it starts itself. */
export interface Plugins {
  /**
   * Starts and stops plugins so that it is as core.yml says. Called once when Core listens, and after each change of core.yml.
   * Nothing is started and no health is checked before the first call.
   */
  applyConfig(): void
  /**
   * Adds or updates; durable when it resolves, and its health was asked once, so that a plugin that listens is `ready`.
   * By the owner it gets a new token, and the earlier one is refused; by itself it keeps its own.
   * @throws Problem `not_allowed` for an address that is not on this machine,
   *   `conflict` by the owner while Core runs a process of it
   */
  register(
    registration: Registration,
    by: 'owner' | 'plugin',
  ): Promise<{ plugin_id: string; registered: true; token: string }>
  /** Its token is refused from now on, except while Core runs it: then it may register again. */
  unregister(pluginId: string): Promise<boolean>
  unregisterAll(): Promise<string[]>
  /** Those registered, those that Core keeps running, and those that it finds in external_plugins. */
  list(): PluginEntry[]
  /** @throws Problem `plugin_unknown` */
  entry(pluginId: string): PluginEntry
  /** What it wrote and what happened to it lately, oldest first. @throws Problem `plugin_unknown` */
  lines(pluginId: string): readonly PluginLine[]
  /** Ends its process and starts another. @throws Problem `plugin_unknown`, `conflict` when Core does not run it */
  restart(pluginId: string): void
  /** `offline` for one that is not known. */
  state(pluginId: string): PluginState
  /** The registered name, else the one of its plugin.yml. */
  name(pluginId: string): string | undefined
  /** Asks its health_check_url now. @throws Problem `plugin_unknown` */
  health(pluginId: string): Promise<boolean>
  /**
   * One run. Decided on typed errors, never on words:
   * @throws Problem `plugin_offline` (not registered, not ready, unreachable, timed out, breaker open),
   *   `plugin_failed` (it answered that it failed), `plugin_answer` (it answered against the contract);
   *   the signal's reason when the caller aborts
   */
  call(pluginId: string, request: PluginRequest, options?: CallOptions): Promise<PluginResult>
  /**
   * One of the plugin's own paths (`/history/…`, `/settings/…`, `/data/…`; percent-encoded), JSON in and out. They are
   * optional: undefined when the plugin answers that it has no such path or method. Throws as `call` does.
   */
  fetch(pluginId: string, method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<unknown>
  /** Which plugin this token belongs to. Constant time. */
  authenticate(token: string): string | undefined
  /** The memory namespace of the turn that this plugin is answering with this `turn_token`; undefined once it is over. */
  namespaceServed(pluginId: string, turnToken: string | undefined): string | undefined
  /** Called after each change of a state; returns the undo. */
  onChange(listener: () => void): () => void
  /** Resolves when each plugin that Core starts is ready or has failed, after 5 s at the latest. */
  settled(): Promise<void>
  /** Stops what Core started, within 4 s. */
  close(): Promise<void>
}
