"""The legal pairs as one array, which PostgreSQL need not make ready word by word for each booking."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("bookings", "0021_ids_by_time"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="booking",
            name="legal_pair_on_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="booking",
            name="legal_pair_on_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="payment",
            name="legal_pair_on_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="payment",
            name="legal_pair_on_update",
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="booking",
            trigger=pgtrigger.compiler.Trigger(
                name="legal_pair_on_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    constraint="CONSTRAINT",
                    func="\n        PERFORM 1 FROM bookings_booking b JOIN bookings_payment p ON p.booking_id = b.id\n        WHERE b.id = NEW.id AND b.state || '/' || p.state = ANY ('{cancelled_admin/authorizing,cancelled_admin/partially_refunded,cancelled_admin/refunded,cancelled_admin/refunding,cancelled_admin/released,cancelled_admin/releasing,cancelled_admin/requires_action,cancelled_patient/authorizing,cancelled_patient/partially_refunded,cancelled_patient/refunded,cancelled_patient/refunding,cancelled_patient/released,cancelled_patient/releasing,cancelled_patient/requires_action,cancelled_provider/authorizing,cancelled_provider/partially_refunded,cancelled_provider/refunded,cancelled_provider/refunding,cancelled_provider/released,cancelled_provider/releasing,cancelled_provider/requires_action,checked_in/paid,checked_in/partially_refunded,checked_in/refunded,checked_in/refunding,completed/paid,completed/partially_refunded,completed/refunded,completed/refunding,confirmed/paid,confirmed/partially_refunded,confirmed/refunded,confirmed/refunding,confirming/capturing,expired/authorizing,expired/partially_refunded,expired/refunded,expired/refunding,expired/released,expired/releasing,expired/requires_action,in_progress/paid,in_progress/partially_refunded,in_progress/refunded,in_progress/refunding,no_show/paid,no_show/partially_refunded,no_show/refunded,no_show/refunding,payment_failed/authorizing,payment_failed/failed,payment_failed/partially_refunded,payment_failed/refunded,payment_failed/refunding,payment_failed/released,payment_failed/releasing,payment_failed/requires_action,pending_confirmation/held,pending_payment/authorizing,pending_payment/requires_action,reschedule_proposed/held}');\n        IF FOUND THEN\n            RETURN NULL;\n        END IF;\n        IF EXISTS (SELECT 1 FROM bookings_booking WHERE id = NEW.id) THEN\n            RAISE EXCEPTION 'booking % and its payment are in no legal pair of states', NEW.id\n                USING ERRCODE = 'check_violation', CONSTRAINT = 'booking_payment_pair';\n        END IF;\n        RETURN NULL;\n    ",
                    hash="6bfe21375cdff1b0b0c6d61955bd35b59f9029f4",
                    operation="INSERT",
                    pgid="pgtrigger_legal_pair_on_insert_20df4",
                    table="bookings_booking",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="booking",
            trigger=pgtrigger.compiler.Trigger(
                name="legal_pair_on_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."state" IS DISTINCT FROM (NEW."state"))',
                    constraint="CONSTRAINT",
                    func="\n        PERFORM 1 FROM bookings_booking b JOIN bookings_payment p ON p.booking_id = b.id\n        WHERE b.id = NEW.id AND b.state || '/' || p.state = ANY ('{cancelled_admin/authorizing,cancelled_admin/partially_refunded,cancelled_admin/refunded,cancelled_admin/refunding,cancelled_admin/released,cancelled_admin/releasing,cancelled_admin/requires_action,cancelled_patient/authorizing,cancelled_patient/partially_refunded,cancelled_patient/refunded,cancelled_patient/refunding,cancelled_patient/released,cancelled_patient/releasing,cancelled_patient/requires_action,cancelled_provider/authorizing,cancelled_provider/partially_refunded,cancelled_provider/refunded,cancelled_provider/refunding,cancelled_provider/released,cancelled_provider/releasing,cancelled_provider/requires_action,checked_in/paid,checked_in/partially_refunded,checked_in/refunded,checked_in/refunding,completed/paid,completed/partially_refunded,completed/refunded,completed/refunding,confirmed/paid,confirmed/partially_refunded,confirmed/refunded,confirmed/refunding,confirming/capturing,expired/authorizing,expired/partially_refunded,expired/refunded,expired/refunding,expired/released,expired/releasing,expired/requires_action,in_progress/paid,in_progress/partially_refunded,in_progress/refunded,in_progress/refunding,no_show/paid,no_show/partially_refunded,no_show/refunded,no_show/refunding,payment_failed/authorizing,payment_failed/failed,payment_failed/partially_refunded,payment_failed/refunded,payment_failed/refunding,payment_failed/released,payment_failed/releasing,payment_failed/requires_action,pending_confirmation/held,pending_payment/authorizing,pending_payment/requires_action,reschedule_proposed/held}');\n        IF FOUND THEN\n            RETURN NULL;\n        END IF;\n        IF EXISTS (SELECT 1 FROM bookings_booking WHERE id = NEW.id) THEN\n            RAISE EXCEPTION 'booking % and its payment are in no legal pair of states', NEW.id\n                USING ERRCODE = 'check_violation', CONSTRAINT = 'booking_payment_pair';\n        END IF;\n        RETURN NULL;\n    ",
                    hash="414c0958c71ca044a44ef71c54a0287d04ac5c63",
                    operation="UPDATE",
                    pgid="pgtrigger_legal_pair_on_update_c809e",
                    table="bookings_booking",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="payment",
            trigger=pgtrigger.compiler.Trigger(
                name="legal_pair_on_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    constraint="CONSTRAINT",
                    func="\n        PERFORM 1 FROM bookings_booking b JOIN bookings_payment p ON p.booking_id = b.id\n        WHERE b.id = NEW.booking_id AND b.state || '/' || p.state = ANY ('{cancelled_admin/authorizing,cancelled_admin/partially_refunded,cancelled_admin/refunded,cancelled_admin/refunding,cancelled_admin/released,cancelled_admin/releasing,cancelled_admin/requires_action,cancelled_patient/authorizing,cancelled_patient/partially_refunded,cancelled_patient/refunded,cancelled_patient/refunding,cancelled_patient/released,cancelled_patient/releasing,cancelled_patient/requires_action,cancelled_provider/authorizing,cancelled_provider/partially_refunded,cancelled_provider/refunded,cancelled_provider/refunding,cancelled_provider/released,cancelled_provider/releasing,cancelled_provider/requires_action,checked_in/paid,checked_in/partially_refunded,checked_in/refunded,checked_in/refunding,completed/paid,completed/partially_refunded,completed/refunded,completed/refunding,confirmed/paid,confirmed/partially_refunded,confirmed/refunded,confirmed/refunding,confirming/capturing,expired/authorizing,expired/partially_refunded,expired/refunded,expired/refunding,expired/released,expired/releasing,expired/requires_action,in_progress/paid,in_progress/partially_refunded,in_progress/refunded,in_progress/refunding,no_show/paid,no_show/partially_refunded,no_show/refunded,no_show/refunding,payment_failed/authorizing,payment_failed/failed,payment_failed/partially_refunded,payment_failed/refunded,payment_failed/refunding,payment_failed/released,payment_failed/releasing,payment_failed/requires_action,pending_confirmation/held,pending_payment/authorizing,pending_payment/requires_action,reschedule_proposed/held}');\n        IF FOUND THEN\n            RETURN NULL;\n        END IF;\n        IF EXISTS (SELECT 1 FROM bookings_booking WHERE id = NEW.booking_id) THEN\n            RAISE EXCEPTION 'booking % and its payment are in no legal pair of states', NEW.booking_id\n                USING ERRCODE = 'check_violation', CONSTRAINT = 'booking_payment_pair';\n        END IF;\n        RETURN NULL;\n    ",
                    hash="8915b6341a486fab2b620185075320cf8702b513",
                    operation="INSERT",
                    pgid="pgtrigger_legal_pair_on_insert_2686f",
                    table="bookings_payment",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="payment",
            trigger=pgtrigger.compiler.Trigger(
                name="legal_pair_on_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."state" IS DISTINCT FROM (NEW."state"))',
                    constraint="CONSTRAINT",
                    func="\n        PERFORM 1 FROM bookings_booking b JOIN bookings_payment p ON p.booking_id = b.id\n        WHERE b.id = NEW.booking_id AND b.state || '/' || p.state = ANY ('{cancelled_admin/authorizing,cancelled_admin/partially_refunded,cancelled_admin/refunded,cancelled_admin/refunding,cancelled_admin/released,cancelled_admin/releasing,cancelled_admin/requires_action,cancelled_patient/authorizing,cancelled_patient/partially_refunded,cancelled_patient/refunded,cancelled_patient/refunding,cancelled_patient/released,cancelled_patient/releasing,cancelled_patient/requires_action,cancelled_provider/authorizing,cancelled_provider/partially_refunded,cancelled_provider/refunded,cancelled_provider/refunding,cancelled_provider/released,cancelled_provider/releasing,cancelled_provider/requires_action,checked_in/paid,checked_in/partially_refunded,checked_in/refunded,checked_in/refunding,completed/paid,completed/partially_refunded,completed/refunded,completed/refunding,confirmed/paid,confirmed/partially_refunded,confirmed/refunded,confirmed/refunding,confirming/capturing,expired/authorizing,expired/partially_refunded,expired/refunded,expired/refunding,expired/released,expired/releasing,expired/requires_action,in_progress/paid,in_progress/partially_refunded,in_progress/refunded,in_progress/refunding,no_show/paid,no_show/partially_refunded,no_show/refunded,no_show/refunding,payment_failed/authorizing,payment_failed/failed,payment_failed/partially_refunded,payment_failed/refunded,payment_failed/refunding,payment_failed/released,payment_failed/releasing,payment_failed/requires_action,pending_confirmation/held,pending_payment/authorizing,pending_payment/requires_action,reschedule_proposed/held}');\n        IF FOUND THEN\n            RETURN NULL;\n        END IF;\n        IF EXISTS (SELECT 1 FROM bookings_booking WHERE id = NEW.booking_id) THEN\n            RAISE EXCEPTION 'booking % and its payment are in no legal pair of states', NEW.booking_id\n                USING ERRCODE = 'check_violation', CONSTRAINT = 'booking_payment_pair';\n        END IF;\n        RETURN NULL;\n    ",
                    hash="822f1cb2475bdae962ed77291afa19180b553f6c",
                    operation="UPDATE",
                    pgid="pgtrigger_legal_pair_on_update_e5704",
                    table="bookings_payment",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
    ]
