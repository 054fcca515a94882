import { z } from 'zod'
import {
  dataLine,
  dataRemoved,
  jobChanges,
  jobEntry,
  jobRun,
  jobRunsResponse,
  jobsResponse,
  knowledgeFile,
  knowledgeList,
  memoriesImported,
  memoriesRemoved,
  memoryChanges,
  memoryEntry,
  memoryPage,
  memoryStatus,
  memorySelection,
  newJob,
} from '#contract'
import { page as runsPage } from '../http/jobs.ts'
import { whose as knowledgeOf } from '../http/knowledge.ts'
import { doomed, page as memoriesPage, whose } from '../http/memories.ts'
import { whose as jobsOf } from '../http/whose.ts'
import type { Route } from './route.ts'

/** Memories, files and jobs, and all of it together. */
export const keeping: readonly Route[] = [
  {
    route: 'GET /api/users/{id}/data',
    about: 'Everything of a person: messages, memories, files, jobs and all else, one thing a line',
    answer: dataLine,
    lines: true,
  },
  {
    route: 'DELETE /api/users/{id}/data',
    about: 'Deletes all of it to the last byte, and says what was where and what may still be somewhere',
    answer: dataRemoved,
  },
  {
    route: 'GET /api/memories',
    about: 'What is remembered, newest first; with q a search',
    query: memoriesPage,
    answer: memoryPage,
  },
  {
    route: 'GET /api/memories/export',
    about: 'All of it, one memory a line',
    query: whose.extend(memorySelection.shape),
    answer: memoryEntry,
    lines: true,
  },
  {
    route: 'POST /api/memories/import',
    about: 'Takes an export in: one memory a line',
    query: whose,
    body: memoryEntry,
    lines: true,
    answer: memoriesImported,
  },
  { route: 'GET /api/memories/{id}', about: 'One memory', query: whose, answer: memoryEntry },
  {
    route: 'PATCH /api/memories/{id}',
    about: 'Corrects or supersedes it',
    query: whose,
    body: memoryChanges,
    answer: memoryEntry,
  },
  { route: 'DELETE /api/memories/{id}', about: 'Forgets it', query: whose, answer: memoriesRemoved },
  {
    route: 'DELETE /api/memories',
    about: 'Forgets all that are meant',
    query: doomed,
    answer: memoriesRemoved,
  },
  {
    route: 'GET /api/memory/status',
    about: 'How far the index of the memory and its embedding model are',
    answer: memoryStatus,
  },
  {
    route: 'GET /api/knowledge',
    about: 'The files that a person keeps for Core to read',
    query: knowledgeOf,
    answer: knowledgeList,
  },
  {
    route: 'PUT /api/knowledge/{name}',
    about: 'Stores a file there; it is read at once',
    query: knowledgeOf,
    body: z.string().describe('The file as it is'),
    bytes: true,
    answer: knowledgeFile,
    status: 201,
  },
  {
    route: 'DELETE /api/knowledge/{name}',
    about: 'Deletes it, and what was read of it',
    query: knowledgeOf,
    answer: memoriesRemoved,
  },
  { route: 'GET /api/jobs', about: 'The jobs of a person', query: jobsOf, answer: jobsResponse },
  { route: 'POST /api/jobs', about: 'A new job', body: newJob, answer: jobEntry, status: 201 },
  { route: 'GET /api/jobs/{id}', about: 'One job', answer: jobEntry },
  { route: 'PATCH /api/jobs/{id}', about: 'Changes it', body: jobChanges, answer: jobEntry },
  {
    route: 'DELETE /api/jobs/{id}',
    about: 'Removes it',
    answer: z.object({ removed: z.boolean(), id: z.string() }),
  },
  { route: 'POST /api/jobs/{id}/run', about: 'Runs it now', answer: jobRun },
  { route: 'GET /api/jobs/{id}/runs', about: 'When it ran', query: runsPage, answer: jobRunsResponse },
]
