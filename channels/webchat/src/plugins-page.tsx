import type { AuditEntry, PluginEntry, PluginLine } from '#contract'
import type { VNode } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { Avatar } from './avatar.tsx'
import { usePage, useTimes } from './context.ts'
import type { PluginAction, PluginRecord } from './plugins.ts'

/** The page looks again so often while it is seen, in ms. */
const LOOK_EVERY = 2_000

/** All plugins: how each one is, what it may do, and the means to switch it off and on. */
export default function PluginsPage(): VNode {
  const { plugins } = usePage().store
  const all = plugins.entries.value
  useEffect(() => {
    void plugins.refresh()
    const timer = setInterval(() => document.hidden || void plugins.refresh(), LOOK_EVERY)
    return () => clearInterval(timer)
  }, [])
  return (
    <>
      <p class="muted page-note">Each runs in a process of its own</p>
      {plugins.problem.value && (
        <p class="problem" role="alert">
          {plugins.problem.value}
        </p>
      )}
      {all?.length === 0 && (
        <p class="muted">There are none yet. docs/plugin-guide.md shows how to write one.</p>
      )}
      <ul class="plugin-list">
        {all?.map((plugin) => (
          <PluginCard key={plugin.plugin_id} plugin={plugin} />
        ))}
      </ul>
    </>
  )
}

function PluginCard({ plugin }: { plugin: PluginEntry }): VNode {
  const { plugin_id, name, description, mode, fault, capabilities } = plugin
  const { plugins } = usePage().store
  const record = plugins.record.value
  const isRead = record?.id === plugin_id
  const isOn = mode === 'core' || mode === 'hand'
  const heading = `plugin-${plugin_id}`
  return (
    <li class="plugin" aria-labelledby={heading}>
      <Avatar id={plugin_id} name={name} />
      <div class="plugin-head">
        <h2 id={heading} class="title">
          {name}
        </h2>
        <StateLine plugin={plugin} />
      </div>
      <div class="plugin-body">
        {description && <p>{description}</p>}
        {mode !== 'off' && fault && <p class="problem">{upperFirst(fault)}</p>}
        <dl class="facts">
          {capabilities.length > 0 && (
            <>
              <dt>Can</dt>
              <dd>{capabilities.map((capability) => capability.name).join(', ')}</dd>
            </>
          )}
          <dt>May</dt>
          <dd>{grantsOf(plugin)}</dd>
        </dl>
        <div class="plugin-tools">
          {isOn ? (
            <ActionButton plugin={plugin} action="disable" label="Switch off" />
          ) : (
            <ActionButton plugin={plugin} action="enable" label="Switch on" />
          )}
          {mode === 'core' && <ActionButton plugin={plugin} action="restart" label="Restart" />}
          {mode !== 'found' && <RecordButton plugin={plugin} kind="log" label="Log" />}
          {mode !== 'found' && <RecordButton plugin={plugin} kind="deeds" label="Deeds" />}
        </div>
        {isRead && record.kind === 'log' && <Log name={name} lines={record.lines} />}
        {isRead && record.kind === 'deeds' && <Deeds name={name} deeds={record.deeds} />}
      </div>
    </li>
  )
}

function ActionButton({
  plugin,
  action,
  label,
}: {
  plugin: PluginEntry
  action: PluginAction
  label: string
}): VNode {
  const { plugins } = usePage().store
  const act = (): void => void plugins.act(plugin.plugin_id, action)
  return (
    <button type="button" class="quiet" aria-label={`${label}: ${plugin.name}`} onClick={act}>
      {label}
    </button>
  )
}

function RecordButton({
  plugin: { plugin_id, name },
  kind,
  label,
}: {
  plugin: PluginEntry
  kind: PluginRecord['kind']
  label: string
}): VNode {
  const { plugins } = usePage().store
  const record = plugins.record.value
  return (
    <button
      type="button"
      class="quiet"
      aria-expanded={record?.id === plugin_id && record.kind === kind}
      aria-label={`${label} of ${name}`}
      onClick={() => void plugins.look(plugin_id, kind)}
    >
      {label}
    </button>
  )
}

const STATES = {
  ready: 'running',
  degraded: 'answers badly',
  starting: 'starting',
  offline: 'not running',
  failed: 'does not start',
} as const satisfies Record<PluginEntry['state'], string>

const MODES = {
  core: 'kept running by Core',
  hand: 'started by hand',
  off: 'switched off',
  found: 'not used yet',
} as const satisfies Record<PluginEntry['mode'], string>

function StateLine({ plugin: { state, mode } }: { plugin: PluginEntry }): VNode {
  if (mode === 'off' || mode === 'found') return <p class="subtitle">{MODES[mode]}</p>
  return (
    <p class="subtitle">
      <span class={`state state-${state}`}>{STATES[state]}</span> · {MODES[mode]}
    </p>
  )
}

/** What core.yml grants it, in words. */
function grantsOf({ may, model_use }: PluginEntry): string {
  const { memory, model, deliver, schedule } = may
  const grants = [
    memory.length > 0 && `remember and recall (${memory.map(memoryOf).join(', ')})`,
    model && `use the language model (${model_use.calls}${mostOf(model)} times today)`,
    deliver && 'write to people',
    schedule && 'set times',
  ]
  return grants.filter(Boolean).join(' · ') || 'answer, and nothing else'
}

const upperFirst = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)

/** A namespace in words. */
const memoryOf = (namespace: string): string =>
  namespace === 'own' ? 'its own' : namespace === 'users' ? 'of whomever it answers' : namespace

const mostOf = (model: PluginEntry['may']['model']): string =>
  typeof model === 'object' && model.calls_per_day ? ` of ${model.calls_per_day}` : ''

/** The latest line is seen, unless the person has scrolled up. */
function Log({ name, lines }: { name: string; lines: readonly PluginLine[] }): VNode {
  const box = useRef<HTMLDivElement>(null)
  const isAtEnd = useRef(true)
  useEffect(() => {
    if (box.current && isAtEnd.current) box.current.scrollTop = box.current.scrollHeight
  }, [lines])
  return (
    <div
      ref={box}
      class="plugin-log"
      tabIndex={0}
      role="log"
      aria-live="off"
      aria-label={`What ${name} wrote`}
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        isAtEnd.current = scrollTop + clientHeight > scrollHeight - 8
      }}
    >
      {lines.length === 0 && 'Nothing yet'}
      {lines.map(({ at, level, text }, index) => (
        <div key={index} class={`log-${level}`}>
          <time dateTime={at} title={useTimes().fullTime(at)}>
            {new Date(at).toLocaleTimeString()}
          </time>{' '}
          {text}
        </div>
      ))}
    </div>
  )
}

/** What it asked of Core, and what it was refused. */
function Deeds({ name, deeds }: { name: string; deeds: readonly AuditEntry[] }): VNode {
  return (
    <div class="plugin-log" tabIndex={0} role="region" aria-label={`What ${name} did in Core`}>
      {deeds.length === 0 && 'It asked nothing of Core yet'}
      {deeds.map(({ at, count, action, about, outcome, detail }, index) => (
        <div key={index} class={outcome === 'done' ? '' : 'log-warn'}>
          <time dateTime={at} title={useTimes().fullTime(at)}>
            {new Date(at).toLocaleTimeString()}
          </time>{' '}
          {[count > 1 && `${count} ×`, action, about && `for ${about}`, outcome !== 'done' && outcome, detail]
            .filter(Boolean)
            .join(' ')}
        </div>
      ))}
    </div>
  )
}
