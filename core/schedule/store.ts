import type { Sql } from '../database.ts'
import type { Job, Run } from './job.ts'
import type { Plan } from './plan.ts'

interface JobRow extends Omit<Job, 'call' | 'paused'> {
  readonly seq: number
  readonly call: string | null
  readonly paused: number
}
type RunRow = Omit<Run, 'late'> & { readonly late: number }

export type NewRow = Omit<Job, 'paused'> & { readonly key: string | null }

/** Runs of one job that are kept. */
const KEPT_RUNS = 100
/** Single jobs of one person that are over and kept. */
const KEPT_DONE = 100

export type JobStore = ReturnType<typeof createJobStore>

/** The tables of jobs. What writes is to be called inside `database.write`. */
export function createJobStore(sql: Sql) {
  const statements = prepare(sql)

  return {
    get(id: string): Job | undefined {
      return toJob(statements.get.get(id))
    },
    keyed(madeBy: string, userId: string, key: string): Job | undefined {
      return toJob(statements.keyed.get(madeBy, userId, key))
    },
    list: (userId: string): Job[] => statements.list.all(userId).flatMap((row) => toJob(row) ?? []),
    countOpen: (userId: string): number => statements.countOpen.get(userId) as number,
    insert(row: NewRow): void {
      statements.insert.run({ ...row, call: row.call && JSON.stringify(row.call) })
    },
    change(id: string, job: Pick<Job, 'text' | 'missed' | 'channel_key'> & Omit<Plan, 'next_at'>): void {
      statements.change.run({ ...job, id })
    },
    /** When it is due; null: not any more. */
    setNext(id: string, nextAt: number | null, paused = false): void {
      statements.setNext.run(nextAt, paused ? 1 : 0, id)
    },
    remove: (id: string): boolean => statements.remove.run(id).changes === 1,
    /** The ids of what is due, the longest waiting first. */
    due: (now: number, limit: number): string[] => statements.due.all(now, limit) as string[],
    /** The next moment that any job is due. */
    nextDue: (): number | undefined => (statements.nextDue.get() as number | null | undefined) ?? undefined,
    runs: (id: string, limit: number): Run[] => statements.runs.all(id, limit).map(toRunOf),
    lastRun(id: string): Run | undefined {
      const [last] = statements.runs.all(id, 1)
      return last === undefined ? undefined : toRunOf(last)
    },
    run(job: string, slot: number): Run | undefined {
      const found = statements.run.get(job, slot)
      return found === undefined ? undefined : toRunOf(found)
    },
    /** When the last run began: a time that the clock has shown. */
    latestStart: (): number | undefined => (statements.latestStart.get() as number | null) ?? undefined,
    /** What is due again and again. */
    repeating: () =>
      statements.repeating.all() as { id: string; cron: string; timezone: string; next_at: number }[],
    /** False when this slot had its run before; one that was skipped may have it still, when the clock comes by again. */
    insertRun(run: Run): boolean {
      const isNew = statements.insertRun.run({ ...run, late: run.late ? 1 : 0 }).changes === 1
      if (isNew) statements.forgetRuns.run(run.job, run.job, KEPT_RUNS)
      return isNew
    },
    /** False when it does not run any more: it ended before, or its job was deleted. */
    endRun: ({
      job,
      slot,
      status,
      late,
      ended_at,
      detail,
    }: Omit<Run, 'tries' | 'started_at' | 'delivery_id'>) =>
      statements.endRun.run({ job, slot, status, late: late ? 1 : 0, ended_at, detail }).changes === 1,
    /** A try failed, and there will be another. */
    tryAgain({ job, slot, tries }: Run, detail: string): void {
      statements.tryAgain.run(tries + 1, detail, job, slot)
    },
    setDelivery(job: string, slot: number, deliveryId: string): void {
      statements.setDelivery.run(deliveryId, job, slot)
    },
    /** Runs that have begun and not ended, oldest first. */
    running: (): Run[] => statements.running.all().map(toRunOf),
    forgetDone: (userId: string): void => void statements.forgetDone.run(userId, userId, KEPT_DONE),
  }
}

function toJob(found: unknown): Job | undefined {
  if (found === undefined) return undefined
  const { seq: _, ...row } = found as JobRow
  return { ...row, call: row.call === null ? null : JSON.parse(row.call), paused: row.paused === 1 }
}

function toRunOf(found: unknown): Run {
  const row = found as RunRow
  return { ...row, late: row.late === 1 }
}

function prepare(sql: Sql) {
  const columns = `seq, id, user_id, kind, text, at, cron, timezone, channel_key, channel, missed, call, made_by, paused,
    language, next_at, created_at`
  const runColumns = 'job, slot, status, late, tries, started_at, ended_at, detail, delivery_id'
  return {
    get: sql.prepare(`select ${columns} from job where id = ?`),
    keyed: sql.prepare(`select ${columns} from job where made_by = ? and user_id = ? and key = ?`),
    list: sql.prepare(
      `select ${columns} from job where user_id = ? order by next_at is null, next_at, seq desc`,
    ),
    countOpen: sql
      .prepare('select count(*) from job where user_id = ? and (next_at is not null or paused = 1)')
      .pluck(),
    insert: sql.prepare(
      `insert into job (id, user_id, kind, text, at, cron, timezone, channel_key, channel, missed, call, made_by, key,
         language, next_at, created_at)
       values (@id, @user_id, @kind, @text, @at, @cron, @timezone, @channel_key, @channel, @missed, @call, @made_by, @key,
         @language, @next_at, @created_at)`,
    ),
    change: sql.prepare(
      `update job set text = @text, at = @at, cron = @cron, timezone = @timezone, channel_key = @channel_key,
         missed = @missed where id = @id`,
    ),
    setNext: sql.prepare('update job set next_at = ?, paused = ? where id = ?'),
    remove: sql.prepare('delete from job where id = ?'),
    due: sql.prepare('select id from job where next_at <= ? order by next_at limit ?').pluck(),
    nextDue: sql.prepare('select min(next_at) from job where next_at is not null').pluck(),
    runs: sql.prepare(`select ${runColumns} from job_run where job = ? order by slot desc limit ?`),
    run: sql.prepare(`select ${runColumns} from job_run where job = ? and slot = ?`),
    latestStart: sql.prepare('select max(started_at) from job_run').pluck(),
    repeating: sql.prepare(
      'select id, cron, timezone, next_at from job where cron is not null and next_at is not null',
    ),
    insertRun: sql.prepare(
      `insert into job_run (${runColumns})
       values (@job, @slot, @status, @late, @tries, @started_at, @ended_at, @detail, @delivery_id)
       on conflict do update set status = excluded.status, late = excluded.late, started_at = excluded.started_at,
         ended_at = excluded.ended_at, detail = excluded.detail
       where job_run.status = 'skipped'`,
    ),
    forgetRuns: sql.prepare(
      `delete from job_run where job = ? and slot <= (select slot from job_run where job = ? order by slot desc
         limit 1 offset ?)`,
    ),
    endRun: sql.prepare(
      `update job_run set status = @status, late = @late, ended_at = @ended_at, detail = @detail
       where job = @job and slot = @slot and status = 'running'`,
    ),
    tryAgain: sql.prepare('update job_run set tries = ?, detail = ? where job = ? and slot = ?'),
    setDelivery: sql.prepare('update job_run set delivery_id = ? where job = ? and slot = ?'),
    running: sql.prepare(`select ${runColumns} from job_run where status = 'running' order by seq`),
    forgetDone: sql.prepare(
      `delete from job where user_id = ? and next_at is null and paused = 0 and seq <= (
         select seq from job where user_id = ? and next_at is null and paused = 0 order by seq desc limit 1 offset ?)`,
    ),
  }
}
