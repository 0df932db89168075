// CAREFUL NODE: findr's request-type create and its patient's list, the way a careful Node engineer would write them with Express 4 and pg.
// The same work but for what README.md lists. One process, a pool of 10, named prepared statements.
'use strict';
const http = require('http'), { randomUUID } = require('crypto'), express = require('express'), jwt = require('jsonwebtoken'), { Pool } = require('pg');
const SECRET = process.env.JWT_SECRET, VENDOR = new URL(process.env.STRIPE_BASE);
const MAX_OPEN_REQUESTS = +(process.env.MAX_OPEN_REQUESTS || 10), VENDOR_MS = 20_000, MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: +(process.env.POOL || 10), options: '-c lock_timeout=3s -c statement_timeout=15s -c idle_in_transaction_session_timeout=30s' });

const WAITING = ['pending_payment', 'pending_confirmation', 'reschedule_proposed', 'confirming'], VISITS = ['confirmed', 'checked_in', 'in_progress'];
const CANCELLED = ['cancelled_patient', 'cancelled_provider', 'cancelled_admin'], LIVE = [...WAITING, ...VISITS];

class Refusal extends Error { constructor(status, code, message, extra = {}) { super(message); Object.assign(this, { status, code, extra }); } }
class VendorRefusal extends Error {} // The vendor's definite no; anything else that goes wrong there is unclear.

// --- SQL ----------------------------------------------------------------------------------------------------------------------------------
const PROVIDER = `p.practice_name, p.email AS provider_email, p.phone AS provider_phone, p.street, p.suite, p.city, p.region, p.zip_code, p.photos, p.timezone AS provider_timezone`;
const PAYMENT = `y.id AS payment_id, y.state AS payment_state, y.intent_id, y.refunded_cents, y.updated_at AS payment_updated_at`;
const LISTED = `b.patient_id = $1 AND NOT (b.secured_at IS NULL AND b.state IN ('payment_failed', 'cancelled_patient', 'cancelled_provider', 'cancelled_admin'))`;
const SQL = {
  accountStands: `SELECT 1 FROM users WHERE id = $1 AND role = 'patient' AND is_active AND token_generation = $2`,
  offer: `SELECT s.id AS service_id, s.name AS service_name, s.category AS service_category, s.price_cents, s.duration_minutes, p.id AS provider_id, ${PROVIDER},
      p.response_hours, p.minimum_lead_minutes, p.maximum_advance_days, p.buffer_minutes, p.cancellation_tier, p.requests_hold_time
    FROM services s JOIN providers p ON p.id = s.provider_id WHERE s.provider_id = $1 AND s.id = $2 AND s.is_active AND p.status = 'approved'`,
  number: `SELECT nextval('bookings_number') AS n`,
  lockPatient: `SELECT u.email AS patient_email, u.first_name, u.last_name, u.phone AS patient_phone, u.photo_url, u.timezone, w.customer_id
    FROM users u LEFT JOIN wallets w ON w.patient_id = u.id WHERE u.id = $1 FOR NO KEY UPDATE OF u`,
  conflicts: `SELECT
      (SELECT id FROM bookings WHERE patient_id = $1 AND provider_id = $2 AND state = ANY($3) AND start_at < $5 AND end_at > $4 ORDER BY start_at LIMIT 1) AS duplicate,
      (SELECT count(*)::int FROM bookings WHERE patient_id = $1 AND state = ANY($6)) AS open_requests,
      EXISTS (SELECT FROM time_holds WHERE lane = $2 AND during && tstzrange($4, $7, '[)')) AS taken`,
  holdTime: `INSERT INTO time_holds (lane, owner, during, kind) VALUES ($1, $2, tstzrange($3, $4, '[)'), 'request') ON CONFLICT DO NOTHING RETURNING id`,
  insertBooking: `INSERT INTO bookings (id, number, patient_id, provider_id, service_id, service_name, service_category, price_cents, duration_minutes, buffer_minutes,
      cancellation_tier, holds_time, booking_type, type_receipt, state, requested_start, requested_end, start_at, end_at, patient_timezone, notes, expires_at, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'request', $13, 'pending_payment', $14, $15, $14, $15, $16, $17, $18, $19, $19)`,
  insertPayment: `INSERT INTO payments (id, booking_id, state, amount_cents, created_at, updated_at) VALUES ($1, $2, 'authorizing', $3, $4, $4)`,
  insertEvent: `INSERT INTO booking_events (public_id, booking_id, event_type, old_state, new_state, data, actor_role, actor_user_id, source, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'app', $9)`,
  insertOperation: `INSERT INTO payment_operations (id, payment_id, kind, amount_cents, idempotency_key, parameters, claimed_until, attempts, created_at, last_tried_at)
    VALUES ($1, $2, 'authorize', $3, $4, $5, $6, 1, $7, $7)`,
  lockBooking: `SELECT b.*, ${PAYMENT} FROM payments y JOIN bookings b ON b.id = y.booking_id WHERE y.booking_id = $1 FOR NO KEY UPDATE OF b, y`,
  lockOperation: `SELECT * FROM payment_operations WHERE id = $1 FOR NO KEY UPDATE`,
  updatePayment: `UPDATE payments SET state = $2, intent_id = $3, capture_before = $4, failure_code = $5, failure_message = $6, updated_at = $7 WHERE id = $1`,
  updateBooking: `UPDATE bookings SET state = $2, requested_at = $3, secured_at = $3, expires_at = $4, updated_at = $5 WHERE id = $1`,
  updateOperation: `UPDATE payment_operations SET state = $2, intent_id = $3, error_code = $4, finished_at = $5 WHERE id = $1`,
  freeTime: `DELETE FROM time_holds WHERE owner = $1`,
  previousBookings: `SELECT count(*)::int AS n FROM bookings WHERE patient_id = $1 AND provider_id = $2 AND state = 'completed'`,
  publish: `WITH counter AS (
      INSERT INTO feed_counters AS mine (recipient, last_seq) VALUES ($2::uuid, 1) ON CONFLICT (recipient) DO UPDATE SET last_seq = mine.last_seq + 1 RETURNING last_seq)
    INSERT INTO feed_events (id, recipient, seq, type, booking_id, frame, created_at)
    SELECT $1::uuid, $2::uuid, last_seq, $3, $4::uuid, $5::jsonb || jsonb_build_object('seq', last_seq), $6::timestamptz FROM counter`,
  list: `SELECT b.*, ${PROVIDER}, ${PAYMENT}, m.name AS member_name, m.title AS member_title
    FROM bookings b JOIN providers p ON p.id = b.provider_id JOIN services s ON s.id = b.service_id JOIN payments y ON y.booking_id = b.id LEFT JOIN team_members m ON m.id = b.team_member_id
    WHERE ${LISTED} ORDER BY b.start_at DESC, b.id LIMIT $2 OFFSET $3`,
  suggestions: `SELECT * FROM suggested_times WHERE closed_at IS NULL AND booking_id = ANY($1) ORDER BY round, position`,
  total: `SELECT count(*)::int AS n FROM bookings b WHERE ${LISTED}`,
};
const ask = async (db, name, ...values) => (await db.query({ name, text: SQL[name], values })).rows;

/** Run `work` in a transaction of its own, and once more after a deadlock. */
async function transaction(work, isSecond = false) {
  const db = await pool.connect();
  let failure, broken;
  try {
    await db.query('BEGIN');
    const result = await work(db);
    await db.query('COMMIT');
    return result;
  } catch (error) {
    failure = error;
    await db.query('ROLLBACK').catch((lost) => { broken = lost; });
  } finally {
    db.release(broken);
  }
  if (isSecond || !['40001', '40P01'].includes(failure.code)) throw failure;
  return transaction(work, true);
}

// --- Times: wall times are the provider's ---------------------------------------------------------------------------------------------------
const formats = new Map();
/** What the clocks of a zone show at an instant, as if they were UTC. */
function wallClock(instant, zone) {
  if (!formats.has(zone)) formats.set(zone, new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' }));
  const part = {};
  for (const { type, value } of formats.get(zone).formatToParts(instant)) part[type] = +value;
  return Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute);
}
/** The first instant at which the clocks show this; null if they skip it. */
function instantOf(wall, zone) {
  for (const near of [wall - DAY, wall + DAY]) {
    const instant = wall - (wallClock(near, zone) - near);
    if (wallClock(instant, zone) === wall) return new Date(instant);
  }
  return null;
}
function clockFace(instant, zone) {
  const local = new Date(wallClock(instant, zone)), hour = local.getUTCHours();
  return `${hour % 12 || 12}:${String(local.getUTCMinutes()).padStart(2, '0')} ${hour < 12 ? 'AM' : 'PM'}`;
}
const instant = (date) => date && date.toISOString().slice(0, 19) + 'Z', plus = (date, ms) => new Date(+date + ms);

// --- Views: a flat row (booking, practice, payment, and the patient where it is shown) as JSON ------------------------------------------------
const dollars = (cents) => cents / 100;
const statusWord = (state, role) => role === 'provider' ? (state === 'confirming' ? 'pending_confirmation' : state) : WAITING.includes(state) ? 'pending' : CANCELLED.includes(state) ? 'cancelled' : state;
function paymentWord(b) {
  if (b.state === 'payment_failed') return 'failed';
  const words = { authorizing: 'processing', capturing: 'processing', requires_action: b.state === 'pending_payment' ? 'requires_action' : 'processing', releasing: 'held', refunding: b.refunded_cents ? 'partially_refunded' : 'paid' };
  return words[b.payment_state] || b.payment_state;
}
const suggestedTimes = (b) => (b.suggestions || []).map((t) => ({ id: t.id, startTime: instant(t.start_at), endTime: instant(t.end_at) }));
function currentProposal(b) {
  const [first] = suggestedTimes(b);
  return first ? { proposedBy: 'provider', proposedAt: instant(b.suggested_at), proposedStart: first.startTime, proposedEnd: first.endTime, responseDeadline: instant(b.expires_at), message: b.suggestion_message || null } : null;
}
function shared(b, role) {
  const price = dollars(b.price_cents), paymentStatus = paymentWord(b), isInstant = b.booking_type === 'instant';
  return {
    _id: b.id, id: b.id, bookingNumber: b.number, status: statusWord(b.state, role), state: b.state, bookingType: b.booking_type, isRequest: !isInstant && WAITING.includes(b.state),
    providerName: b.practice_name, teamMember: b.team_member_id ? { memberId: b.team_member_id, name: b.member_name, title: b.member_title || null } : null,
    serviceId: b.service_id, serviceName: b.service_name, servicePrice: price, totalAmount: price, refundAmount: dollars(b.refunded_cents), paymentStatus,
    appointmentDate: instant(b.start_at), appointmentTime: clockFace(b.start_at, b.provider_timezone), providerTimezone: b.provider_timezone, patientTimezone: b.patient_timezone,
    expiresAt: instant(b.expires_at), confirmationNote: b.confirmation_note || null, confirmedAt: instant(b.confirmed_at), declinedAt: instant(b.declined_at), declineReason: b.decline_reason || null,
    cancelledAt: instant(b.cancelled_at), cancelledBy: b.cancelled_by || null, cancellationReason: b.cancellation_reason || null, checkedInAt: instant(b.checked_in_at), completedAt: instant(b.completed_at),
    createdAt: instant(b.created_at), updatedAt: instant(b.updated_at),
    duration: b.duration_minutes, durationMinutes: b.duration_minutes, payment: { mode: isInstant ? 'prepay' : 'hold', status: paymentStatus, totalAmount: price },
    dateTime: { requestedStart: instant(b.requested_start), requestedEnd: instant(b.requested_end), confirmedStart: instant(b.confirmed_start), confirmedEnd: instant(b.confirmed_end), providerTimezone: b.provider_timezone, patientTimezone: b.patient_timezone },
    confirmation: { required: !isInstant, requestedAt: instant(b.requested_at), expiresAt: instant(b.expires_at), remindersSent: 0 },
    reschedule: { count: b.rounds, maxAttempts: 2, current: currentProposal(b) },
    userId: b.patient_id, providerId: b.provider_id,
  };
}
function patientView(b) {
  return {
    ...shared(b, 'patient'),
    provider: { _id: b.provider_id, id: b.provider_id, practiceName: b.practice_name, email: b.provider_email, phone: b.provider_phone || null, address: { street: b.street, suite: b.suite || null, city: b.city, state: b.region, zip: b.zip_code }, photos: b.photos },
    paymentIntentId: b.intent_id, suggestedTimes: suggestedTimes(b), notes: b.notes || null,
  };
}
function providerView(b, before) {
  const name = `${b.first_name} ${b.last_name}`.trim();
  return {
    ...shared(b, 'provider'),
    patient: { _id: b.patient_id, id: b.patient_id, name: name || b.patient_email, firstName: b.first_name, lastName: b.last_name, email: b.patient_email, phone: b.patient_phone || null, avatar: b.photo_url || null },
    isReturningPatient: before > 0, previousBookingCount: before, service: { serviceId: b.service_id, name: b.service_name, category: b.service_category, duration: b.duration_minutes, price: b.price_cents },
    depositAmount: paymentWord(b) === 'held' ? dollars(b.price_cents) : 0, requestedStart: instant(b.start_at), requestedEnd: instant(b.end_at),
    proposedTimes: suggestedTimes(b).map((t) => ({ id: t.id, start: t.startTime, end: t.endTime })), notes: { patientNotes: b.notes || null }, patientNote: b.notes || null, calendarSyncStatus: 'not_applicable',
  };
}

// --- The vendor -----------------------------------------------------------------------------------------------------------------------------
const agent = new http.Agent({ keepAlive: true });
function* formOf(value, name = '') {
  if (value === null || typeof value !== 'object') yield [name, String(value)];
  else for (const [key, inner] of Object.entries(value)) yield* formOf(inner, name ? `${name}[${key}]` : key);
}
/** Create and confirm one intent. Throws VendorRefusal for a definite no, any other error if nobody knows what happened. */
function authorize(parameters, key) {
  const body = new URLSearchParams([...formOf({ ...parameters, confirm: true, expand: ['latest_charge'] })]).toString();
  const headers = { authorization: 'Bearer ' + process.env.STRIPE_SECRET_KEY, 'content-type': 'application/x-www-form-urlencoded', 'content-length': Buffer.byteLength(body), 'idempotency-key': key };
  return new Promise((resolve, reject) => {
    const request = http.request({ host: VENDOR.hostname, port: VENDOR.port, path: VENDOR.pathname.replace(/\/$/, '') + '/v1/payment_intents', method: 'POST', agent, headers, signal: AbortSignal.timeout(VENDOR_MS) }, (response) => {
      const chunks = [];
      response.on('error', reject).on('data', (chunk) => chunks.push(chunk)).on('end', () => {
        try {
          const answer = JSON.parse(Buffer.concat(chunks));
          if (response.statusCode < 300) resolve(answer);
          else reject([400, 402, 404].includes(response.statusCode) ? new VendorRefusal(answer.error?.message || 'The payment could not be made.') : new Error(`The vendor answered ${response.statusCode}`));
        } catch (error) { reject(error); }
      });
    });
    request.on('error', reject).end(body);
  });
}

// --- A patient asks for a visit ---------------------------------------------------------------------------------------------------------------
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, ALPHABET = 'ABCDEFGHJKMNPQRSTUVWXYZ23456789', NUMBERS = BigInt(ALPHABET.length ** 5);
function readWish(body) {
  const wrong = (name) => new Refusal(400, 'invalid_request', `${name} is invalid`, { fields: { [name]: `${name} is invalid` } });
  for (const name of ['providerId', 'serviceId']) if (!UUID.test(body[name])) throw wrong(name);
  const day = /^(\d{4})-(\d\d)-(\d\d)$/.exec(body.appointmentDate), time = /^(\d{1,2}):(\d\d)(?: ?([AP]M))?$/i.exec(body.appointmentTime);
  const midnight = day && new Date(Date.UTC(+day[1], day[2] - 1, +day[3]));
  if (!day || midnight.getUTCDate() !== +day[3]) throw wrong('appointmentDate');
  const half = time?.[3]?.toUpperCase();
  if (!time || +time[2] > 59 || (half ? +time[1] < 1 || +time[1] > 12 : +time[1] > 23)) throw wrong('appointmentTime');
  const hour = half ? (time[1] % 12) + (half === 'PM' ? 12 : 0) : +time[1], { paymentMethodId, notes = '' } = body;
  if (typeof paymentMethodId !== 'string' || !paymentMethodId || paymentMethodId.length > 255) throw wrong('paymentMethodId');
  if (typeof notes !== 'string' || notes.length > 2000) throw wrong('notes');
  return { providerId: body.providerId, serviceId: body.serviceId, wall: +midnight + hour * HOUR + time[2] * MINUTE, paymentMethodId, notes };
}
function checkNotice(start, offer) {
  const left = start - Date.now();
  if (left <= 0) throw new Refusal(400, 'time_in_past', 'This time is in the past');
  if (left < (offer.minimum_lead_minutes + 15) * MINUTE) throw new Refusal(400, 'too_soon', 'This time is too soon');
  if (left > offer.maximum_advance_days * DAY) throw new Refusal(400, 'too_far_ahead', 'This time is too far ahead');
}
/** `FH-YYYYMMDD-XXXXX`: a scrambled sequence, so that it cannot collide and tells nothing. */
async function nextNumber() {
  const [{ n }] = await ask(pool, 'number');
  let rest = Number((BigInt(n) * 17_364_553n + 8_191_337n) % NUMBERS), letters = '';
  for (let i = 0; i < 5; i++) { letters = ALPHABET[rest % ALPHABET.length] + letters; rest = Math.floor(rest / ALPHABET.length); }
  return `FH-${new Date().toISOString().slice(0, 10).replaceAll('-', '')}-${letters}`;
}
const record = (db, bookingId, type, from, to, data, role, userId, now) => ask(db, 'insertEvent', randomUUID(), bookingId, type, from, to, data, role, userId, now);

/** The first transaction: the booking, its payment and the call to come. */
async function write(db, patientId, wish, offer, number, start) {
  const [patient] = await ask(db, 'lockPatient', patientId);
  const end = plus(start, offer.duration_minutes * MINUTE), bufferedEnd = plus(end, offer.buffer_minutes * MINUTE), now = new Date(), id = randomUUID();
  const [found] = await ask(db, 'conflicts', patientId, offer.provider_id, LIVE, start, end, WAITING, bufferedEnd);
  if (found.duplicate) throw new Refusal(409, 'duplicate_booking', 'You already have a booking at this time', { bookingId: found.duplicate });
  if (found.open_requests >= MAX_OPEN_REQUESTS) throw new Refusal(409, 'too_many_open_requests', 'You have too many open requests');
  if (found.taken) throw new Refusal(409, 'slot_taken', 'This time is no longer available');
  if (offer.requests_hold_time && !(await ask(db, 'holdTime', offer.provider_id, id, start, bufferedEnd)).length) throw new Refusal(409, 'slot_taken', 'This time is no longer available');
  const receipt = { rule: 'not_connected', answer: 'not_connected', readAt: now.toISOString(), tookMs: 0 }, expires = new Date(Math.min(+now + 15 * MINUTE, +start));
  await ask(db, 'insertBooking', id, number, patientId, offer.provider_id, offer.service_id, offer.service_name, offer.service_category, offer.price_cents, offer.duration_minutes, offer.buffer_minutes,
    offer.cancellation_tier, offer.requests_hold_time, receipt, start, end, patient.timezone || offer.provider_timezone, wish.notes, expires, now);
  const paymentId = randomUUID(), operation = { id: randomUUID(), key: randomUUID(), parameters: {
    ...(patient.customer_id && { customer: patient.customer_id }), amount: offer.price_cents, currency: 'usd', capture_method: 'manual', payment_method: wish.paymentMethodId, allowed_payment_method_types: ['card'],
    metadata: { booking: id, user: patientId, provider: offer.provider_id, booking_type: 'request' } } };
  await ask(db, 'insertPayment', paymentId, id, offer.price_cents, now);
  await record(db, id, 'created', '', 'pending_payment', { bookingType: 'request' }, 'patient', patientId, now);
  await ask(db, 'insertOperation', operation.id, paymentId, offer.price_cents, operation.key, operation.parameters, plus(now, 30_000), now);
  return { bookingId: id, operation, patient };
}

/** The second transaction: what the vendor said, applied under the locks. Safe to run twice. */
async function settle(db, { bookingId, operation, patient }, offer, said) {
  const [row] = await ask(db, 'lockBooking', bookingId), [{ state: progress }] = await ask(db, 'lockOperation', operation.id);
  const booking = { ...patient, ...offer, ...row }, now = new Date();
  const isHeld = ['requires_capture', 'requires_confirmation'].includes(said.status); // The latter is what the seed's stub says.
  if (progress !== 'pending' || booking.state !== 'pending_payment' || !(isHeld || said instanceof VendorRefusal)) return booking; // Settled meanwhile, or unclear.
  if (said instanceof VendorRefusal) {
    Object.assign(booking, { state: 'payment_failed', payment_state: 'failed', expires_at: null, updated_at: now });
    await ask(db, 'updatePayment', booking.payment_id, 'failed', null, null, 'card_declined', said.message.slice(0, 500), now);
    await ask(db, 'updateBooking', bookingId, 'payment_failed', null, null, now);
    await record(db, bookingId, 'payment_failed', 'pending_payment', 'payment_failed', { reason: 'card_declined' }, 'system', null, now);
    await ask(db, 'updateOperation', operation.id, 'failed', '', 'card_declined', now);
    await ask(db, 'freeTime', bookingId);
    return booking;
  }
  const captureBefore = said.latest_charge?.payment_method_details?.card?.capture_before, holdEnds = captureBefore ? captureBefore * 1000 - 2 * HOUR : Infinity;
  const expires = new Date(Math.min(+now + offer.response_hours * HOUR, booking.start_at - offer.minimum_lead_minutes * MINUTE, holdEnds));
  Object.assign(booking, { state: 'pending_confirmation', payment_state: 'held', intent_id: said.id, requested_at: now, secured_at: now, expires_at: expires, updated_at: now });
  await ask(db, 'updatePayment', booking.payment_id, 'held', said.id, captureBefore ? new Date(captureBefore * 1000) : null, '', '', now);
  await ask(db, 'updateBooking', bookingId, 'pending_confirmation', now, expires, now);
  await record(db, bookingId, 'payment_held', 'pending_payment', 'pending_confirmation', { amount: dollars(booking.price_cents) }, 'system', null, now);
  await ask(db, 'updateOperation', operation.id, 'succeeded', said.id, '', now);
  const [{ n: before }] = await ask(db, 'previousBookings', booking.patient_id, booking.provider_id);
  await publish(db, booking, [
    { recipient: booking.patient_id, type: 'booking_pending', body: { message: 'Booking request sent', data: { bookingType: booking.booking_type, expiresAt: instant(expires) }, bookingId, status: 'pending', state: booking.state } },
    { recipient: booking.provider_id, type: 'booking.new', body: { urgent: expires - now < 6 * HOUR, data: { ...providerView(booking, before), bookingId } } },
  ], now);
  return booking;
}
/** Number and write these frames; last, and in the order of their recipients: it takes their counters. */
async function publish(db, booking, frames, now) {
  for (const { recipient, type, body } of frames.sort((a, b) => (a.recipient < b.recipient ? -1 : 1))) {
    const eventId = randomUUID();
    await ask(db, 'publish', eventId, recipient, type, booking.id, { type, eventId, ...body, timestamp: instant(now) }, now);
  }
}

// --- HTTP -----------------------------------------------------------------------------------------------------------------------------------
const handled = (act) => (req, res, next) => act(req, res, next).catch(next);
const patientOnly = handled(async (req, res, next) => {
  const [scheme, token] = (req.headers.authorization || '').split(' ');
  if (scheme.toLowerCase() !== 'bearer' || !token) throw new Refusal(401, 'unauthorized', 'Authentication required - no token provided');
  try { req.claims = jwt.verify(token, SECRET, { algorithms: ['HS256'] }); } catch { throw new Refusal(401, 'unauthorized', 'Invalid token'); }
  const { userId, type, gen } = req.claims;
  if (!UUID.test(userId) || !Number.isInteger(gen) || (type === 'patient' && !(await ask(pool, 'accountStands', userId, gen)).length)) throw new Refusal(401, 'unauthorized', 'Invalid token');
  if (type !== 'patient') throw new Refusal(403, 'forbidden', 'Forbidden');
  next();
});
const app = express();
app.disable('x-powered-by');
app.use(express.json({ limit: '1mb' }));

app.post('/api/bookings', patientOnly, handled(async (req, res) => {
  const patientId = req.claims.userId, wish = readWish(req.body);
  const [offer] = await ask(pool, 'offer', wish.providerId, wish.serviceId);
  if (!offer) throw new Refusal(404, 'service_not_found', 'Service not found');
  const start = instantOf(wish.wall, offer.provider_timezone);
  if (!start) throw new Refusal(400, 'time_does_not_exist', 'This time does not exist on that day');
  checkNotice(start, offer);
  const number = await nextNumber(), begun = await transaction((db) => write(db, patientId, wish, offer, number, start));
  const said = await authorize(begun.operation.parameters, begun.operation.key).catch((error) => error);
  const booking = await transaction((db) => settle(db, begun, offer, said));
  if (booking.state === 'payment_failed') throw new Refusal(402, 'card_declined', said.message, { bookingId: booking.id });
  const processing = booking.state === 'pending_payment', hours = Math.max(1, Math.floor((booking.expires_at - booking.requested_at) / HOUR));
  const message = processing ? 'Your payment is being processed.' : `Booking request sent. Provider will respond within ${hours === 1 ? '1 hour' : hours + ' hours'}.`;
  res.status(processing ? 202 : 201).json({ success: true, booking: patientView(booking), bookingId: booking.id, isRequest: true, bookingType: booking.booking_type, message, requiresAction: false, clientSecret: null, processing });
}));

app.get('/api/bookings/user/:userId', patientOnly, handled(async (req, res) => {
  const id = req.claims.userId, limit = Math.min(+(req.query.limit ?? 20), 100), skip = +(req.query.skip ?? 0);
  if (req.params.userId.toLowerCase() !== id) throw new Refusal(403, 'forbidden', 'Forbidden');
  if (!Number.isInteger(limit) || limit < 1) throw new Refusal(400, 'invalid_request', 'limit is invalid');
  if (!Number.isInteger(skip) || skip < 0) throw new Refusal(400, 'invalid_request', 'skip is invalid');
  const [rows, [{ n: total }]] = await Promise.all([ask(pool, 'list', id, limit, skip), ask(pool, 'total', id)]);
  const of = new Map(rows.map((row) => [row.id, row]));
  for (const time of await ask(pool, 'suggestions', [...of.keys()])) (of.get(time.booking_id).suggestions ||= []).push(time);
  res.json({ success: true, bookings: rows.map(patientView), total, pagination: { total, limit, skip } });
}));

app.get('/healthz', (req, res) => res.json({ status: 'ok' }));
app.use((req, res, next) => next(new Refusal(404, 'not_found', 'Not found')));
app.use((error, req, res, next) => {
  if (res.headersSent) return next(error);
  const known = error instanceof Refusal ? error : error.expose ? new Refusal(error.status, 'invalid_request', error.message) : null;
  if (!known) console.error(error);
  const { status, code, message, extra } = known || new Refusal(500, 'internal_error', 'Internal server error');
  res.status(status).json({ success: false, error: message, code, ...extra });
});

const server = app.listen(+(process.env.PORT || 3001), '127.0.0.1', 4096, () => console.log('careful node on', server.address().port));
process.on('SIGTERM', () => server.close(() => pool.end()));
