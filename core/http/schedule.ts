import { Hono } from 'hono'
import { normalizeId, pluginSchedule, pluginUnschedule } from '#contract'
import type { CoreConfig } from '../config/schema.ts'
import { problem } from '../errors.ts'
import type { Plugins } from '../plugins/plugins.ts'
import type { Jobs } from '../schedule/jobs.ts'
import { grantMissing, maySchedule } from '../users/rights.ts'
import type { Users } from '../users/users.ts'
import { readBody } from './body.ts'
import type { Caller, Env } from './env.ts'
import { assertKnown, callOf } from './jobs.ts'

export interface ScheduleRouteParts {
  readonly jobs: Jobs
  readonly plugins: Plugins
  readonly users: Users
  readonly config: () => CoreConfig
}

/** A plugin has itself called at set times: `/api/plugins/schedule`. */
export function scheduleRoutes({ jobs, plugins, users, config }: ScheduleRouteParts): Hono<Env> {
  function assertAllowed(caller: Caller): void {
    if (!maySchedule(caller, config()))
      throw grantMissing(caller, 'have itself called at set times', 'schedule: true')
  }

  return new Hono<Env>()
    .post('/api/plugins/schedule', async (c) => {
      assertAllowed(c.get('caller'))
      const { plugin_id, capability_id, parameters, ...wanted } = await readBody(c, pluginSchedule)
      c.set('about', wanted.user_id)
      assertKnown(users, wanted.user_id)
      const made_by = pluginOf(c.get('caller'), plugin_id)
      const call = callOf(plugins, { kind: 'plugin', plugin_id: made_by, capability_id, parameters })
      const { id, next_run } = await jobs.add({ ...wanted, kind: 'plugin', call, made_by })
      return c.json({ id, next_run }, 201)
    })
    .post('/api/plugins/unschedule', async (c) => {
      assertAllowed(c.get('caller'))
      const { user_id, plugin_id, key } = await readBody(c, pluginUnschedule)
      c.set('about', user_id)
      return c.json({ removed: await jobs.removeKeyed(pluginOf(c.get('caller'), plugin_id), user_id, key) })
    })
}

/** A plugin plans for itself only; the owner says for which. */
function pluginOf(caller: Caller, named: string | undefined): string {
  if (caller.kind === 'plugin') return caller.plugin_id
  if (named === undefined) throw problem('body_invalid', 'plugin_id is missing')
  return normalizeId(named)
}
