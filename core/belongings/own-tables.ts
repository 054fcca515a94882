import { pendingTables } from '../assistant/pending.ts'
import { markTables } from '../chats/marks.ts'
import { chatTables } from '../chats/schema.ts'
import { pushTables } from '../delivery/push/schema.ts'
import { deliveryTables } from '../delivery/schema.ts'
import { sessionTables } from '../http/sessions.ts'
import { nudgeTables } from '../nudges/schema.ts'
import { requestTables } from '../requests/schema.ts'
import { scheduleTables } from '../schedule/schema.ts'
import { accessTokenTables } from '../users/tokens.ts'
import type { OwnTable } from './own-table.ts'

/** Every table of Core that has something of people, memories and knowledge aside. */
export const ownTables: readonly OwnTable[] = [
  ...chatTables,
  ...markTables,
  ...pendingTables,
  ...scheduleTables,
  ...deliveryTables,
  ...requestTables,
  ...nudgeTables,
  ...pushTables,
  ...accessTokenTables,
  ...sessionTables,
]
