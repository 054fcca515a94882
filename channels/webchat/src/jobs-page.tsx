import type { JobEntry } from '#contract'
import type { VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { useStore, useTimes, useWords } from './context.ts'

/** The page looks again so often while it is seen, in ms. */
const LOOK_EVERY = 5_000

/** What the person has planned, with the next time and the last result. */
export default function JobsPage(): VNode {
  const { jobs, people } = useStore()
  const words = useWords()
  const user = people.user.value
  const all = jobs.entries.value
  useEffect(() => {
    const look = (): void => void jobs.look(user)
    look()
    const timer = setInterval(() => document.hidden || look(), LOOK_EVERY)
    return () => clearInterval(timer)
  }, [user])
  return (
    <>
      <p class="muted page-note">{words.remindersHint}</p>
      {jobs.problem.value && (
        <p class="problem" role="alert">
          {jobs.problem.value}
        </p>
      )}
      {all?.length === 0 && <p class="muted">{words.nothingPlanned}</p>}
      <ul class="plugin-list">
        {all?.map((job) => (
          <JobCard key={job.id} job={job} />
        ))}
      </ul>
    </>
  )
}

function JobCard({ job }: { job: JobEntry }): VNode {
  const { jobs } = useStore()
  const words = useWords()
  const { id, text, state, next_run, last_run } = job
  const pause = state === 'paused' ? words.goOn : words.pause
  return (
    <li class="plugin" aria-labelledby={`job-${id}`}>
      <div class="job-body">
        <h2 id={`job-${id}`} class="title">
          {text}
        </h2>
        <dl class="facts">
          <dt>{words.nextTime}</dt>
          <dd>{next_run ? <Time at={next_run} /> : words.jobStates[state]}</dd>
          {last_run && (
            <>
              <dt>{words.lastTime}</dt>
              <dd>
                <Time at={last_run.slot} />: {words.runStates[last_run.status]}
                {last_run.late && ` · ${words.late}`}
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
              aria-label={`${pause}: ${text}`}
              onClick={() => void jobs.pause(job, state === 'active')}
            >
              {pause}
            </button>
          )}
          <button
            type="button"
            class="quiet"
            aria-label={`${words.delete}: ${text}`}
            onClick={() => void jobs.remove(job)}
          >
            {words.delete}
          </button>
        </div>
      </div>
    </li>
  )
}

const Time = ({ at }: { at: string }): VNode => <time dateTime={at}>{useTimes().fullTime(at)}</time>
