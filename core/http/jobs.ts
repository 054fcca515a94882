import { Hono } from 'hono'
import { z } from 'zod'
import { COMPANION_USER, jobChanges, type JobEntry, newJob, type NewJob, normalizeId } from '#contract'
import { problem } from '../errors.ts'
import type { Plugins } from '../plugins/plugins.ts'
import type { PluginCall } from '../schedule/job.ts'
import type { Jobs } from '../schedule/jobs.ts'
import type { Scheduler } from '../schedule/scheduler.ts'
import { assertMayReadOf } from '../users/rights.ts'
import type { Users } from '../users/users.ts'
import { check, readBody } from './body.ts'
import type { Caller, Env } from './env.ts'
import { whose } from './whose.ts'

export const page = z.object({ limit: z.coerce.number().int().min(1).max(100).default(20) })

export interface JobRouteParts {
  readonly jobs: Jobs
  readonly scheduler: Scheduler
  readonly plugins: Plugins
  readonly users: Users
}

/** Reminders and tasks: `/api/jobs`. The owner names whose; a user has their own, and another's is not there. */
export function jobRoutes({ jobs, scheduler, plugins, users }: JobRouteParts): Hono<Env> {
  /** @throws Problem `not_found`, for a job of somebody else as well */
  function find(caller: Caller, id: string): JobEntry {
    const job = jobs.get(id)
    const isTheirs = caller.kind === 'owner' || (caller.kind === 'user' && caller.user_id === job?.user_id)
    if (!job || !isTheirs) throw problem('not_found', `job "${id}"`)
    return job
  }

  return new Hono<Env>()
    .get('/api/jobs', (c) => {
      const { user_id } = check(c.req.query(), whose, 'body_invalid')
      assertMayReadOf(c.get('caller'), user_id)
      return c.json({ jobs: jobs.list(user_id) })
    })
    .post('/api/jobs', async (c) => {
      const { plugin_id, capability_id, parameters, ...wanted } = await readBody(c, newJob)
      assertMayReadOf(c.get('caller'), wanted.user_id)
      assertKnown(users, wanted.user_id)
      const call = callOf(plugins, { kind: wanted.kind, plugin_id, capability_id, parameters })
      return c.json(await jobs.add({ ...wanted, call }), 201)
    })
    .get('/api/jobs/:id', (c) => c.json(find(c.get('caller'), c.req.param('id'))))
    .patch('/api/jobs/:id', async (c) => {
      const { id } = find(c.get('caller'), c.req.param('id'))
      return c.json(await jobs.change(id, await readBody(c, jobChanges)))
    })
    .delete('/api/jobs/:id', async (c) => {
      const { id } = find(c.get('caller'), c.req.param('id'))
      return c.json({ removed: await jobs.remove(id), id })
    })
    .post('/api/jobs/:id/run', async (c) => {
      const { id } = find(c.get('caller'), c.req.param('id'))
      return c.json(await scheduler.runNow(id))
    })
    .get('/api/jobs/:id/runs', (c) => {
      const { id } = find(c.get('caller'), c.req.param('id'))
      const { limit } = check(c.req.query(), page, 'body_invalid')
      return c.json({ runs: jobs.runs(id, limit) })
    })
}

/** @throws Problem `job_invalid` */
export function assertKnown(users: Users, userId: string): void {
  if (userId !== COMPANION_USER && !users.get(userId))
    throw problem('job_invalid', `there is no user "${userId}" in config/user.yml`)
}

/** @throws Problem `job_invalid` when the plugin or its capability is missing or unknown, or named for another kind */
export function callOf(
  plugins: Plugins,
  { kind, ...named }: Pick<NewJob, 'kind' | 'plugin_id' | 'capability_id' | 'parameters'>,
): PluginCall | undefined {
  if (kind !== 'plugin') {
    if (Object.values(named).every((value) => value === undefined)) return undefined
    throw problem('job_invalid', `plugin_id, capability_id and parameters belong to the kind "plugin"`)
  }
  const { plugin_id, capability_id, parameters = {} } = named
  if (plugin_id === undefined || capability_id === undefined)
    throw problem('job_invalid', 'the kind "plugin" needs plugin_id and capability_id')
  const plugin = plugins.list().find((one) => one.plugin_id === normalizeId(plugin_id))
  if (!plugin) throw problem('job_invalid', `there is no plugin "${plugin_id}"`)
  const ids = plugin.capabilities.map(({ id }) => id)
  if (!ids.includes(capability_id))
    throw problem(
      'job_invalid',
      `the plugin "${plugin_id}" has no capability "${capability_id}"; it has ${ids.join(', ') || 'none'}`,
    )
  return { plugin_id: plugin.plugin_id, capability_id, parameters }
}
