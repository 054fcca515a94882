import type { PluginEntry, PluginRequest, PluginResult, PluginState, Registration } from '#contract'

export interface CallOptions {
  /** Asks the plugin to stream; sees the words as they come. */
  readonly onText?: ((text: string) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** The plugins that Core knows: registered ones, and those it starts itself. */
export interface Plugins {
  /** Adds or updates; durable when it resolves. @throws Problem `not_allowed` for a base_url that is not on this machine */
  register(registration: Registration): Promise<{ plugin_id: string; registered: true; token: string }>
  unregister(pluginId: string): Promise<boolean>
  unregisterAll(): Promise<string[]>
  list(): PluginEntry[]
  /** `offline` for one that is not known. */
  state(pluginId: string): PluginState
  /** The registered name, else the one of its plugin.yml. */
  name(pluginId: string): string | undefined
  /** Asks its health_check_url now. @throws Problem `plugin_unknown` */
  health(pluginId: string): Promise<boolean>
  /**
   * One run. Decided on typed errors, never on words:
   * @throws Problem `plugin_offline` (not registered, not ready, unreachable, timed out, breaker open),
   *   `plugin_failed` (it answered that it failed), `plugin_answer` (it answered against the contract)
   */
  call(pluginId: string, request: PluginRequest, options?: CallOptions): Promise<PluginResult>
  /** A GET or POST on one of the plugin's own paths (`/history/…`, `/settings/…`), JSON in and out. Throws as `call` does. */
  fetch(pluginId: string, method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown>
  /** Which plugin this token belongs to. Constant time. */
  authenticate(token: string): string | undefined
  /** Called after each change of a state; returns the undo. */
  onChange(listener: () => void): () => void
  /** Resolves when each plugin that Core starts is ready or has failed, after 5 s at the latest. */
  settled(): Promise<void>
  /** Stops what Core started, within 4 s. */
  close(): Promise<void>
}
