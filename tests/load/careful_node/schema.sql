-- The tables of findr that a create and a patient's list touch: the same columns, rules and indexes that the work needs.
-- Left out: see README.md. Filled by tests/load/bench/careful.py.
create extension if not exists btree_gist;
create sequence bookings_number;

create table users(
  id uuid primary key, email text not null unique check (email = lower(email)), role text not null check (role in ('patient', 'provider', 'staff')),
  password text not null default '', first_name text not null default '', last_name text not null default '', phone text not null default '',
  photo_url text not null default '', address jsonb, timezone text not null default '', is_active boolean not null default true,
  token_generation int not null default 1, created_at timestamptz not null default now(), updated_at timestamptz not null default now());
create table wallets(patient_id uuid primary key references users, customer_id text unique);

create table providers(
  id uuid primary key, practice_name text not null, status text not null check (status in ('draft', 'pending', 'approved', 'rejected', 'suspended')),
  email text not null, phone text not null default '', street text not null, suite text not null default '', city text not null, region text not null,
  zip_code text not null, photos text[] not null default '{}', timezone text not null,
  response_hours int not null default 24 check (response_hours between 4 and 72),
  minimum_lead_minutes int not null default 60 check (minimum_lead_minutes between 0 and 10080),
  maximum_advance_days int not null default 60 check (maximum_advance_days between 1 and 365),
  buffer_minutes int not null default 0 check (buffer_minutes between 0 and 120),
  cancellation_tier text not null default 'standard', requests_hold_time boolean not null default false);
create table services(
  id uuid primary key, provider_id uuid not null references providers, name text not null, category text not null, description text not null default '',
  duration_minutes int not null check (duration_minutes between 5 and 480), price_cents int not null check (price_cents >= 50), is_active boolean not null default true);
create index on services(provider_id);
create table team_members(id uuid primary key, provider_id uuid not null references providers, name text not null, title text not null default '');

create table bookings(
  id uuid primary key, number text not null unique,
  patient_id uuid not null references users, provider_id uuid not null references providers,
  team_member_id uuid references team_members, service_id uuid not null references services,
  service_name text not null, service_category text not null, price_cents int not null, duration_minutes int not null, buffer_minutes int not null,
  cancellation_tier text not null, holds_time boolean not null,
  booking_type text not null check (booking_type in ('instant', 'auto-request', 'request')), type_receipt jsonb not null,
  state text not null check (state in ('pending_payment', 'pending_confirmation', 'reschedule_proposed', 'confirming', 'confirmed', 'checked_in',
    'in_progress', 'completed', 'no_show', 'cancelled_patient', 'cancelled_provider', 'cancelled_admin', 'expired', 'payment_failed')),
  decision text not null default '', decided_from text not null default '', accepted_suggestion uuid,
  rounds smallint not null default 0, suggested_at timestamptz, suggestion_message text not null default '',
  requested_start timestamptz not null, requested_end timestamptz not null, start_at timestamptz not null, end_at timestamptz not null,
  confirmed_start timestamptz, confirmed_end timestamptz, patient_timezone text not null,
  notes text not null default '', confirmation_note text not null default '', decline_reason text not null default '',
  cancellation_reason text not null default '', cancelled_by text not null default '', fee_cents int not null default 0,
  requested_at timestamptz, secured_at timestamptz, expires_at timestamptz, confirmed_at timestamptz, declined_at timestamptz, cancelled_at timestamptz,
  checked_in_at timestamptz, completed_at timestamptz, created_at timestamptz not null, updated_at timestamptz not null,
  check (end_at > start_at),
  check ((state in ('pending_payment', 'pending_confirmation', 'reschedule_proposed', 'confirming')) = (expires_at is not null)));
create index on bookings(patient_id, start_at desc);
create index on bookings(provider_id, start_at desc);
create index on bookings(provider_id, state, expires_at);
create index on bookings(expires_at) where state in ('pending_payment', 'pending_confirmation', 'reschedule_proposed', 'confirming');

create table suggested_times(
  id uuid primary key, booking_id uuid not null references bookings, round smallint not null, position smallint not null,
  start_at timestamptz not null, end_at timestamptz not null, closed_at timestamptz, unique (booking_id, round, position));

create table time_holds(
  id bigint generated always as identity primary key, lane uuid not null, owner uuid not null, during tstzrange not null check (not isempty(during)),
  kind text not null check (kind in ('booking', 'request', 'suggestion', 'reservation')), created_at timestamptz not null default now(),
  exclude using gist (lane with =, owner with <>, during with &&));
create index on time_holds(owner);

create table payments(
  id uuid primary key, booking_id uuid not null unique references bookings,
  state text not null check (state in ('authorizing', 'requires_action', 'held', 'capturing', 'paid', 'releasing', 'released', 'refunding', 'refunded',
    'partially_refunded', 'failed')),
  amount_cents int not null, currency text not null default 'usd', intent_id text unique, capture_before timestamptz,
  captured_cents int not null default 0 check (captured_cents <= amount_cents), refunded_cents int not null default 0 check (refunded_cents <= captured_cents),
  failure_code text not null default '', decline_code text not null default '', failure_message text not null default '',
  created_at timestamptz not null, updated_at timestamptz not null);
create index on payments(state) where state in ('authorizing', 'requires_action', 'capturing', 'releasing', 'refunding');
create index on payments(created_at, id);

create table payment_operations(
  id uuid primary key, payment_id uuid not null references payments, kind text not null check (kind in ('authorize', 'capture', 'cancel', 'refund')),
  state text not null default 'pending' check (state in ('pending', 'succeeded', 'failed')), amount_cents int not null,
  idempotency_key text not null unique, parameters jsonb not null, claimed_until timestamptz not null, attempts int not null default 0,
  intent_id text not null default '', error_code text not null default '', created_at timestamptz not null, last_tried_at timestamptz, finished_at timestamptz);
create index on payment_operations(payment_id);
create index on payment_operations(claimed_until) where state = 'pending';
create unique index on payment_operations(payment_id, kind, intent_id) where state = 'pending';

create table booking_events(
  id bigint generated always as identity primary key, public_id uuid not null unique, booking_id uuid not null references bookings,
  event_type text not null, old_state text not null, new_state text not null, data jsonb not null, actor_role text not null, actor_user_id uuid,
  source text not null, created_at timestamptz not null);
create index on booking_events(booking_id);

create table feed_counters(recipient uuid primary key, last_seq bigint not null);
create table feed_events(
  id uuid primary key, recipient uuid not null, seq bigint not null, type text not null, booking_id uuid, frame jsonb not null,
  created_at timestamptz not null, unique (recipient, seq));
create index on feed_events(created_at);
