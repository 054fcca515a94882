import { fileURLToPath } from 'node:url'
import { runPlugin } from '#plugin-sdk'
import { loadConfig } from './config.ts'
import { createFriends } from './friends.ts'

const near = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

// oxlint-disable-next-line node/no-process-env -- a plugin's main is where its environment is read
await runPlugin(process.env, { port: 3103 }, ({ data, config }) =>
  createFriends({
    folder: data ?? near('../../database/friends_store'),
    config: loadConfig(near('config.yml'), config ?? near('../../config/friends.yml')),
  }),
)
