import { z } from 'zod'
import { COMPANION_USER, MAX_ID } from '#contract'

/** `?user_id=`: whose it is. Nobody named: the special user `companion`. */
export const whose = z.object({ user_id: z.string().min(1).max(MAX_ID).default(COMPANION_USER) })
