import type { AuditEntry, PluginEntry, PluginLine } from '#contract'
import type { VNode } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { Avatar } from './avatar.tsx'
import { useStore, useTimes, useWords } from './context.ts'
import type { PluginAction, PluginRecord } from './plugins.ts'
import type { Words } from './words/en.ts'

/** The page looks again so often while it is seen, in ms. */
const LOOK_EVERY = 2_000

/** All plugins: how each one is, what it may do, and the means to switch it off and on. */
export default function PluginsPage(): VNode {
  const { plugins } = useStore()
  const words = useWords()
  const all = plugins.entries.value
  useEffect(() => {
    void plugins.refresh()
    const timer = setInterval(() => document.hidden || void plugins.refresh(), LOOK_EVERY)
    return () => clearInterval(timer)
  }, [])
  return (
    <>
      <p class="muted page-note">{words.pluginsHint}</p>
      {plugins.problem.value && (
        <p class="problem" role="alert">
          {plugins.problem.value}
        </p>
      )}
      {all?.length === 0 && <p class="muted">{words.noPlugins}</p>}
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
  const { plugins } = useStore()
  const words = useWords()
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
              <dt>{words.can}</dt>
              <dd>{capabilities.map((capability) => capability.name).join(', ')}</dd>
            </>
          )}
          <dt>{words.may}</dt>
          <dd>{grantsOf(plugin, words)}</dd>
        </dl>
        <div class="plugin-tools">
          {isOn ? (
            <ActionButton plugin={plugin} action="disable" label={words.switchOff} />
          ) : (
            <ActionButton plugin={plugin} action="enable" label={words.switchOn} />
          )}
          {mode === 'core' && <ActionButton plugin={plugin} action="restart" label={words.restart} />}
          {mode !== 'found' && <RecordButton plugin={plugin} kind="log" label={words.log} />}
          {mode !== 'found' && <RecordButton plugin={plugin} kind="deeds" label={words.deeds} />}
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
  const { plugins } = useStore()
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
  const { plugins } = useStore()
  const record = plugins.record.value
  return (
    <button
      type="button"
      class="quiet"
      aria-expanded={record?.id === plugin_id && record.kind === kind}
      aria-label={useWords().recordOf(label, name)}
      onClick={() => void plugins.look(plugin_id, kind)}
    >
      {label}
    </button>
  )
}

function StateLine({ plugin: { state, mode } }: { plugin: PluginEntry }): VNode {
  const { pluginStates, pluginModes } = useWords()
  if (mode === 'off' || mode === 'found') return <p class="subtitle">{pluginModes[mode]}</p>
  return (
    <p class="subtitle">
      <span class={`state state-${state}`}>{pluginStates[state]}</span> · {pluginModes[mode]}
    </p>
  )
}

/** What core.yml grants it, in words. */
function grantsOf({ may, model_use }: PluginEntry, words: Words): string {
  const { memory, model, deliver, schedule } = may
  const namespaces = memory.map((one) => memoryOf(one, words)).join(', ')
  const grants = [
    memory.length > 0 && words.mayRemember(namespaces),
    model && words.mayUseModel(`${model_use.calls}`, mostOf(model)),
    deliver && words.mayDeliver,
    schedule && words.maySchedule,
  ]
  return grants.filter(Boolean).join(' · ') || words.mayNothing
}

const upperFirst = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)

/** A namespace in words. */
const memoryOf = (namespace: string, { memoryNames }: Words): string =>
  namespace === 'own' || namespace === 'users' ? memoryNames[namespace] : namespace

const mostOf = (model: PluginEntry['may']['model']): string | undefined =>
  typeof model === 'object' && model.calls_per_day ? `${model.calls_per_day}` : undefined

/** The latest line is seen, unless the person has scrolled up. */
function Log({ name, lines }: { name: string; lines: readonly PluginLine[] }): VNode {
  const words = useWords()
  const times = useTimes()
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
      aria-label={words.wrote(name)}
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        isAtEnd.current = scrollTop + clientHeight > scrollHeight - 8
      }}
    >
      {lines.length === 0 && words.nothingYet}
      {lines.map(({ at, level, text }, index) => (
        <div key={index} class={`log-${level}`}>
          <time dateTime={at} title={times.fullTime(at)}>
            {times.exactTime(at)}
          </time>{' '}
          {text}
        </div>
      ))}
    </div>
  )
}

/** What it asked of Core, and what it was refused. */
function Deeds({ name, deeds }: { name: string; deeds: readonly AuditEntry[] }): VNode {
  const words = useWords()
  const times = useTimes()
  return (
    <div class="plugin-log" tabIndex={0} role="region" aria-label={words.did(name)}>
      {deeds.length === 0 && words.nothingAsked}
      {deeds.map(({ at, count, action, about, outcome, detail }, index) => (
        <div key={index} class={outcome === 'done' ? '' : 'log-warn'}>
          <time dateTime={at} title={times.fullTime(at)}>
            {times.exactTime(at)}
          </time>{' '}
          {[
            count > 1 && `${count} ×`,
            action,
            about && words.about(about),
            outcome !== 'done' && words.outcomes[outcome],
            detail,
          ]
            .filter(Boolean)
            .join(' ')}
        </div>
      ))}
    </div>
  )
}
