import { z } from 'zod'
import {
  auditEntry,
  generateEvent,
  generateRequest,
  generateResponse,
  memoryAddRequest,
  memoryAddResponse,
  memorySearchRequest,
  memorySearchResponse,
  pluginEntry,
  pluginLine,
  pluginSchedule,
  pluginUnschedule,
  registered,
  registration,
} from '#contract'
import { page as auditPage } from '../http/audit.ts'
import { unregistration } from '../http/plugins.ts'
import type { Route } from './route.ts'

/** Plugins, and what they may ask of Core. */
export const plugins: readonly Route[] = [
  {
    route: 'POST /api/plugins/register',
    about: 'Registers a plugin; the same id again is an update',
    body: registration,
    answer: registered,
  },
  {
    route: 'POST /api/plugins/unregister',
    about: 'Forgets one',
    body: unregistration,
    answer: z.object({ removed: z.boolean(), plugin_id: z.string() }),
  },
  {
    route: 'POST /api/plugins/unregister-all',
    about: 'Forgets all',
    answer: z.object({ removed: z.array(z.string()), count: z.number() }),
  },
  {
    route: 'GET /api/plugins',
    about: 'The plugins, their states, and what each may do',
    answer: z.object({ plugins: z.array(pluginEntry) }),
  },
  {
    route: 'GET /api/plugins/health/{id}',
    about: 'Asks its health now',
    answer: z.object({ ok: z.boolean(), plugin_id: z.string() }),
  },
  {
    route: 'GET /api/plugins/{id}/audit',
    about: 'What it did and was refused, newest first',
    query: auditPage,
    answer: z.object({ entries: z.array(auditEntry) }),
  },
  {
    route: 'GET /api/plugins/{id}/logs',
    about: 'What it wrote',
    answer: z.object({ lines: z.array(pluginLine) }),
  },
  { route: 'POST /api/plugins/{id}/enable', about: 'Switches it on in core.yml', answer: pluginEntry },
  { route: 'POST /api/plugins/{id}/disable', about: 'Switches it off in core.yml', answer: pluginEntry },
  {
    route: 'POST /api/plugins/{id}/restart',
    about: 'Ends its process and starts it anew',
    answer: pluginEntry,
  },
  {
    route: 'POST /api/plugins/llm/generate',
    about: 'The language model, for plugins granted it',
    body: generateRequest,
    answer: generateResponse,
    events: generateEvent,
  },
  {
    route: 'POST /api/plugins/memory/add',
    about: 'Adds to a memory namespace, for plugins granted it',
    body: memoryAddRequest,
    answer: memoryAddResponse,
  },
  {
    route: 'POST /api/plugins/memory/search',
    about: 'Searches a memory namespace, for plugins granted it',
    body: memorySearchRequest,
    answer: memorySearchResponse,
  },
  {
    route: 'POST /api/plugins/schedule',
    about: 'Has the plugin called at set times, for plugins granted it',
    body: pluginSchedule,
    answer: z.object({ id: z.string(), next_run: z.string().optional() }),
    status: 201,
  },
  {
    route: 'POST /api/plugins/unschedule',
    about: 'Ends that',
    body: pluginUnschedule,
    answer: z.object({ removed: z.boolean() }),
  },
]
