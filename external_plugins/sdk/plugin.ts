import type { HttpBindings } from '@hono/node-server'
import type { Hono } from 'hono'
import type { z } from 'zod'
import { normalizeId, type PluginRequest, type capability } from '#contract'
import type { Core } from './core.ts'
import type { Log } from './log.ts'

/** What a capability gets beside the request. */
export interface Run {
  /** Hands on words as they come. Without a streaming caller it does nothing; the returned text counts. */
  emit(text: string): void
  readonly core: Core
  /** Aborts when the caller has gone, the time is up, or the plugin stops. */
  readonly signal: AbortSignal
  /** Carries the id of the turn on every line. */
  readonly log: Log
}

/** `metadata.ui` and `metadata.images` reach the person's client. */
export type Answer = string | { text: string; metadata?: Record<string, unknown> }

export type CapabilityDefinition = Omit<z.input<typeof capability>, 'id' | 'method' | 'path'> & {
  /**
   * Answers one request. The same `request_id` may come again after a restart of the plugin: what changes something must
   * look whether it was done.
   * @throws PluginError, CoreError: the caller gets `success: false` and their message; anything else is "internal error"
   */
  run(request: PluginRequest, run: Run): Promise<Answer> | Answer
}

/** Routes of a plugin's own carry Node's request and response in `c.env`. */
export type PluginApp = Hono<{ Bindings: HttpBindings }>

export interface Plugin {
  readonly id: string
  readonly name: string
  readonly description: string
  /** How long one run may take. Core waits as long. */
  readonly timeout_sec?: number
  /** By id. A request without a capability id means the only one. */
  readonly capabilities: Readonly<Record<string, CapabilityDefinition>>
  /** Further paths, behind the token like `/run`. A thrown PluginError becomes a problem document. */
  readonly routes?: (app: PluginApp, parts: { core: Core; log: Log }) => void
  /** Called last when the plugin stops, at the latest 2.2 s after the signal; Core waits 3 s in all. */
  readonly close?: () => Promise<void> | void
}

/** Checks the ids (lower case, `_` for `-` and space, as Core compares them) and returns the plugin. */
export function definePlugin(plugin: Plugin): Plugin {
  for (const id of [plugin.id, ...Object.keys(plugin.capabilities)])
    if (!id || normalizeId(id) !== id)
      throw new TypeError(`"${id}" is not an id. Write "${normalizeId(id) || 'my_plugin'}"`)
  if (Object.keys(plugin.capabilities).length === 0)
    throw new TypeError(`The plugin "${plugin.id}" can do nothing`)
  return plugin
}
