import { createServer } from 'node:http'
import { tellPort, textOf } from './listening.ts'

/** A plugin that costs next to nothing. */
await tellPort(
  createServer(async (incoming, response) => {
    response.setHeader('Content-Type', 'application/json')
    if (incoming.method === 'GET') return void response.end('{"status":"ok"}')
    const { request_id, plugin_id, user_input } = JSON.parse(await textOf(incoming))
    const answer = {
      request_id,
      plugin_id,
      success: true,
      text: `echo: ${user_input}`,
      error: null,
      metadata: {},
    }
    response.end(JSON.stringify(answer))
  }),
)
