import { createServer } from 'node:http'
import { tellPort, textOf } from './listening.ts'

/** The least that any server does: read JSON, answer JSON. What all else is measured against. */
await tellPort(
  createServer(async (incoming, response) => {
    const { text } = JSON.parse(await textOf(incoming))
    response.setHeader('Content-Type', 'application/json')
    response.end(JSON.stringify({ text }))
  }),
)
