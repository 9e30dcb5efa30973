/** Names for what goes over the wire; the shapes themselves are generated from openapi.json. */
import type { components } from './schema';

type Schemas = components['schemas'];

export type Asset = Schemas['Asset'];
export type AuditRecord = Schemas['AuditRecord'];
export type AuditReport = Schemas['AuditReport'];
export type HistoryEntry = Schemas['HistoryEntry'];
export type Operation = Schemas['Operation'];
export type Payout = Schemas['Payout'];
export type PayoutRow = Schemas['PayoutRow'];
export type PayoutPreflight = Schemas['PayoutPreflight'];
export type ProblemCode = Schemas['ProblemCode'];
export type Role = Schemas['Role'];
export type RowError = Schemas['RowError'];
export type Transaction = Schemas['Transaction'];
export type TransactionType = Schemas['TransactionType'];
export type TransactionStatus = Schemas['TransactionStatus'];
export type User = Schemas['User'];
export type Wallet = Schemas['Wallet'];
export type WalletStatus = Schemas['WalletStatus'];
export type ApiKey = Schemas['ApiKey'];
export type Scope = Schemas['Scope'];
