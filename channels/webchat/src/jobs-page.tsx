import type { JobEntry } from '#contract'
import type { VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { usePage, useTimes } from './context.ts'

/** The page looks again so often while it is seen, in ms. */
const LOOK_EVERY = 5_000

/** What the person has planned, with the next time and the last result, and which companions may write first. */
export default function JobsPage(): VNode {
  const { jobs, people } = usePage().store
  const user = people.user.value
  const companions = people.companions.value.map(({ id }) => id)
  const all = jobs.entries.value
  useEffect(() => {
    const look = (): void => void jobs.look(user, companions)
    look()
    const timer = setInterval(() => document.hidden || look(), LOOK_EVERY)
    return () => clearInterval(timer)
  }, [user, companions.join()])
  return (
    <>
      <p class="muted page-note">“Remind me tomorrow at 8 to …” in the chat with System sets one</p>
      {jobs.problem.value && (
        <p class="problem" role="alert">
          {jobs.problem.value}
        </p>
      )}
      {all?.length === 0 && <p class="muted">Nothing is planned.</p>}
      <ul class="plugin-list">
        {all?.map((job) => (
          <JobCard key={job.id} job={job} />
        ))}
      </ul>
      <FirstWriters user={user} />
    </>
  )
}

function JobCard({ job }: { job: JobEntry }): VNode {
  const { jobs } = usePage().store
  const { id, text, state, next_run, last_run } = job
  return (
    <li class="plugin" aria-labelledby={`job-${id}`}>
      <div class="job-body">
        <h2 id={`job-${id}`} class="title">
          {text}
        </h2>
        <dl class="facts">
          <dt>Next</dt>
          <dd>{next_run ? <Time at={next_run} /> : state}</dd>
          {last_run && (
            <>
              <dt>Last</dt>
              <dd>
                <Time at={last_run.slot} />: {last_run.status}
                {last_run.late && ', late'}
                {last_run.detail && ` (${last_run.detail})`}
              </dd>
            </>
          )}
        </dl>
        <div class="plugin-tools">
          {state !== 'done' && (
            <button
              type="button"
              class="quiet"
              aria-label={`${state === 'paused' ? 'Go on' : 'Pause'}: ${text}`}
              onClick={() => void jobs.pause(job, state === 'active')}
            >
              {state === 'paused' ? 'Go on' : 'Pause'}
            </button>
          )}
          <button
            type="button"
            class="quiet"
            aria-label={`Delete: ${text}`}
            onClick={() => void jobs.remove(job)}
          >
            Delete
          </button>
        </div>
      </div>
    </li>
  )
}

const Time = ({ at }: { at: string }): VNode => <time dateTime={at}>{useTimes().fullTime(at)}</time>

/** A companion writes first only to whoever allowed it. */
function FirstWriters({ user }: { user: string }): VNode | null {
  const { jobs, people } = usePage().store
  const known = people.companions.value.flatMap(({ id }) => {
    const rules = jobs.nudges.value[id]
    return rules ? [{ id, rules }] : []
  })
  if (known.length === 0) return null
  return (
    <fieldset class="first-writers">
      <legend class="title">Who may write to you first</legend>
      {known.map(({ id, rules }) => (
        <label key={id}>
          <input
            type="checkbox"
            checked={rules.allowed}
            onChange={({ currentTarget }) => void jobs.allow(user, id, currentTarget.checked)}
          />
          {people.nameOf(id)}
          {rules.muted_until && (
            <span class="muted"> · quiet until {useTimes().fullTime(rules.muted_until)}</span>
          )}
        </label>
      ))}
    </fieldset>
  )
}
