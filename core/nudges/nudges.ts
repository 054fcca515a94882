import type { MayDeliver, NudgeChanges, NudgeRules } from '#contract'
import type { Database } from '../database.ts'
import { problem } from '../errors.ts'
import { inLanguage, localeOf } from '../model/language.ts'
import { saysNotNow } from './not-now.ts'
import { dayOf, quietUntil } from './quiet.ts'

const DAY = 24 * 60 * 60 * 1000
const QUIET_HOURS = '22:00-08:00'
const MOST_A_DAY = 2
/** How long "not now" holds, in ms. */
const MUTED = 7 * DAY
/** "Not now" is about a companion only when one wrote first so lately, in ms. */
const LATELY = 3 * DAY
const DAY_MONTH = { day: 'numeric', month: 'long' } as const

/** Whether companions write first to people. They do where the person allowed it, at a decent time and not often. */
export interface Nudges {
  rules(userId: string, companion: string): NudgeRules
  /** Durable when it resolves. */
  change(userId: string, companion: string, changes: NudgeChanges): Promise<NudgeRules>
  may(userId: string, companion: string): MayDeliver
  /**
   * Counts a message that is about to be stored. To be called in the transaction that stores it; the same key again
   * is the same message and counts once.
   * @throws Problem `nudge_refused`
   */
  take(nudge: { user_id: string; companion: string; dedupe_key: string | undefined }): void
  /** A person says "not now" after a companion wrote first: what is said to that, in their language. Undefined: they say something else. */
  hear(userId: string, text: string): Promise<string | undefined>
}

interface Rule {
  readonly quiet_hours: string
  readonly most_a_day: number
  readonly muted_until: number | null
}

export function createNudges({
  database,
  now,
  timeZoneOf,
}: {
  database: Database
  now: () => number
  timeZoneOf: (userId: string) => string
}): Nudges {
  const statements = prepare(database)

  const ruleOf = (userId: string): Rule =>
    (statements.rule.get(userId) as Rule | undefined) ?? {
      quiet_hours: QUIET_HOURS,
      most_a_day: MOST_A_DAY,
      muted_until: null,
    }
  const isAllowed = (userId: string, companion: string): boolean =>
    statements.consent.get(userId, companion) !== undefined
  const keep = (userId: string, { quiet_hours, most_a_day, muted_until }: Rule): void =>
    void statements.keep.run(userId, quiet_hours, most_a_day, muted_until)

  function rules(userId: string, companion: string): NudgeRules {
    const { quiet_hours, most_a_day, muted_until } = ruleOf(userId)
    return {
      allowed: isAllowed(userId, companion),
      quiet_hours,
      most_a_day,
      ...(muted_until !== null && muted_until > now() && { muted_until: iso(muted_until) }),
    }
  }

  function may(userId: string, companion: string): MayDeliver {
    const { quiet_hours, most_a_day, muted_until } = ruleOf(userId)
    const [at, timeZone] = [now(), timeZoneOf(userId)]
    if (!isAllowed(userId, companion)) return { may: false, reason: 'consent' }
    if (muted_until !== null && muted_until > at)
      return { may: false, reason: 'muted', until: iso(muted_until) }
    const quiet = quietUntil(quiet_hours, at, timeZone)
    if (quiet !== undefined) return { may: false, reason: 'quiet', until: iso(quiet) }
    const { begins, ends } = dayOf(at, timeZone)
    const sent = statements.sentSince.get(userId, begins) as number
    return sent < most_a_day ? { may: true } : { may: false, reason: 'enough', until: iso(ends) }
  }

  function change(userId: string, companion: string, changes: NudgeChanges): NudgeRules {
    const { allowed, quiet_hours, most_a_day, muted_until } = changes
    const rule = ruleOf(userId)
    keep(userId, {
      quiet_hours: quiet_hours ?? rule.quiet_hours,
      most_a_day: most_a_day ?? rule.most_a_day,
      muted_until: muted_until === undefined ? rule.muted_until : muted_until,
    })
    if (allowed === true) statements.allow.run(userId, companion, now())
    if (allowed === false) statements.forbid.run(userId, companion)
    return rules(userId, companion)
  }

  return {
    rules,
    may,
    change: (userId, companion, changes) => database.write(() => change(userId, companion, changes)),
    take({ user_id, companion, dedupe_key = '' }) {
      if (dedupe_key && statements.known.get(user_id, companion, dedupe_key)) return
      const { may: isFine, reason } = may(user_id, companion)
      if (!isFine) throw problem('nudge_refused', companion, user_id, REASONS[reason ?? 'consent'])
      statements.forget.run(user_id, now() - LATELY)
      statements.sent.run(user_id, companion, dedupe_key, now())
    },
    async hear(userId, text) {
      const language = saysNotNow(text)
      if (!language || !statements.sentSince.get(userId, now() - LATELY)) return undefined
      const until = now() + MUTED
      await database.write(() => keep(userId, { ...ruleOf(userId), muted_until: until }))
      const day = new Intl.DateTimeFormat(localeOf(language), { ...DAY_MONTH, timeZone: timeZoneOf(userId) })
      return inLanguage(language, 'quiet', { day: day.format(until) })
    },
  }
}

const REASONS: Readonly<Record<NonNullable<MayDeliver['reason']>, string>> = {
  consent: 'the person has not allowed it',
  muted: 'the person said "not now"',
  quiet: 'these are quiet hours',
  enough: 'there were enough today',
}

const iso = (at: number): string => new Date(at).toISOString()

function prepare({ sql }: Database) {
  return {
    consent: sql.prepare('select 1 from nudge_consent where user_id = ? and companion = ?'),
    allow: sql.prepare('insert or ignore into nudge_consent (user_id, companion, at) values (?, ?, ?)'),
    forbid: sql.prepare('delete from nudge_consent where user_id = ? and companion = ?'),
    rule: sql.prepare('select quiet_hours, most_a_day, muted_until from nudge_rule where user_id = ?'),
    keep: sql.prepare(
      'insert or replace into nudge_rule (user_id, quiet_hours, most_a_day, muted_until) values (?, ?, ?, ?)',
    ),
    known: sql.prepare('select 1 from nudge_sent where user_id = ? and companion = ? and dedupe_key = ?'),
    sent: sql.prepare('insert into nudge_sent (user_id, companion, dedupe_key, at) values (?, ?, ?, ?)'),
    sentSince: sql.prepare('select count(*) from nudge_sent where user_id = ? and at >= ?').pluck(),
    forget: sql.prepare('delete from nudge_sent where user_id = ? and at < ?'),
  }
}
