import type { Context } from 'hono'
import { setCookie } from 'hono/cookie'
import type { Env } from './env.ts'
import { SESSION_SECONDS, sessionCookieOf } from './sessions.ts'

/** Gives a browser its session, out of reach of scripts and of other sites. */
export const giveCookie = (c: Context<Env>, session: string): void =>
  set(c, { value: session, maxAge: SESSION_SECONDS })

export const takeCookie = (c: Context<Env>): void => set(c, { value: '', maxAge: 0 })

function set(c: Context<Env>, { value, maxAge }: { value: string; maxAge: number }): void {
  const name = sessionCookieOf(c.env.incoming.headers)
  setCookie(c, name, value, { httpOnly: true, sameSite: 'Strict', path: '/', maxAge })
}
