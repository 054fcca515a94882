import type { HttpBindings } from '@hono/node-server'

/** Who is calling, by the key, cookie or token that came with the request (design section 7). */
export type Caller =
  /** The owner key, the page's cookie, or anybody when auth_enabled is false: may name any user and any namespace. */
  | { readonly kind: 'owner' }
  /** Acts as that one user. */
  | { readonly kind: 'user'; readonly user_id: string }
  /** Asserts identities of its own channel. */
  | { readonly kind: 'channel'; readonly channel: string }
  /** May use the callbacks that core.yml grants it. */
  | { readonly kind: 'plugin'; readonly plugin_id: string }

/** What Core's Hono apps carry. `caller` is set before any route under /api, /inbound and /ws runs. */
export interface Env {
  Bindings: HttpBindings
  Variables: {
    caller: Caller
    /** Whose memory, chat or job a plugin wants; for the audit log. */
    about?: string
  }
}
