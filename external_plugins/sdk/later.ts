import type { z } from 'zod'
import {
  type deliverRequest,
  deliverResponse,
  type MayDeliver,
  type mayDeliverRequest,
  mayDeliverResponse,
  type pluginSchedule,
  pluginScheduleResponse,
  type pluginUnschedule,
  pluginUnscheduleResponse,
} from '#contract'
import type { CoreHttp } from './http.ts'

const DEADLINE = 10_000

/** What a plugin does without being asked, as far as core.yml grants it. Every fault is a CoreError. */
export interface Later {
  /** Writes to a person first. Durable when it resolves; the same `dedupe_key` again is the same message. @throws CoreError `nudge_refused` */
  deliver(message: z.input<typeof deliverRequest>): Promise<{ id: string }>
  /** Whether `deliver` would be refused now: quiet hours, enough for today, "not now", or no consent. */
  mayDeliver(whom: z.input<typeof mayDeliverRequest>): Promise<MayDeliver>
  /** Has a capability of this plugin called at a time, over restarts; the same `key` again replaces it. */
  schedule(job: z.input<typeof pluginSchedule>): Promise<{ id: string; next_run?: string | undefined }>
  /** False when there is none with this key. */
  unschedule(job: z.input<typeof pluginUnschedule>): Promise<boolean>
}

/** @param withToken sends with the plugin's token, and again with a new one after Core refused it */
export function createLater(
  http: CoreHttp,
  withToken: <T>(attempt: (key: string | undefined) => Promise<T>) => Promise<T>,
): Later {
  const post = <Schema extends z.ZodType>(path: string, body: unknown, answer: Schema) =>
    withToken((key) => http.json({ path, body, deadline: DEADLINE, key, signal: undefined }, answer))
  return {
    deliver: (message) => post('/api/plugins/deliver', message, deliverResponse),
    mayDeliver: (whom) => post('/api/plugins/may-deliver', whom, mayDeliverResponse),
    schedule: (job) => post('/api/plugins/schedule', job, pluginScheduleResponse),
    unschedule: async (job) => (await post('/api/plugins/unschedule', job, pluginUnscheduleResponse)).removed,
  }
}
