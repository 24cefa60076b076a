"""Who may ask for which page: one table, from which the guard decides. A page that is not in it is nobody's."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from itertools import chain


class Who(StrEnum):
    """The least that somebody must be; what a page shows of which group is decided by `use_cases.reading` besides."""

    EVERYBODY = "everybody"
    """Without a session: public pages, and those that a secret, a signature or a key opens."""
    SIGNING_IN = "signing_in"
    """With a session whose second step is still to come."""
    SIGNED_IN = "signed_in"
    PROGRAMME_LEAD = "programme_lead"
    GOVERNANCE = "governance"
    """Whoever may read the log: governance readers and programme leads."""


_ENDPOINTS: Mapping[Who, str] = {
    Who.EVERYBODY: """
        api.add_group api.bring_roster api.cells api.describe api.groups api.instrument api.instruments api.structure
        api.waves
        demo.bounce demo.mail demo.outbox demo.text
        health.live health.metrics health.ready
        hooks.notify_status hooks.twilio_inbound hooks.twilio_status
        joining.ask_for_invitation opting_out.ask opting_out.opt_out
        public.accessibility public.how_anonymous public.privacy public.receipt public.support
        provider.begin_sign_in provider.callback
        respond.answer respond.show shared.picture shared.show shared.suggest
        sign_in.ask sign_in.check_mail sign_in.confirm sign_in.send_link sign_in.use_code sign_in.use_link
        static
    """,
    Who.SIGNING_IN: """
        second_step.ask second_step.confirm_app second_step.set_up second_step.take sign_in.sign_out
    """,
    Who.SIGNED_IN: """
        blueprints.answer blueprints.show
        exports.ask exports.file exports.order exports.wait
        provider.begin_connecting provider.end_connection
        results.chart results.group results.home results.measure results.programme
        second_step.account second_step.fresh_codes second_step.sign_out_everywhere
        sharing.ask sharing.share
        small_changes.add small_changes.beyond small_changes.index small_changes.save small_changes.settle
        small_changes.show
    """,
    Who.PROGRAMME_LEAD: """
        comments.decide_on comments.index explorer.explore
        groups.add groups.group groups.hours groups.index groups.rename
        instrument_import.ask instrument_import.release instrument_import.report
        instruments.compare instruments.export_file instruments.index instruments.phone instruments.preview
        instruments.raise_level
        joining.index joining.poster manage.index
        people.end people.give people.index people.new_phone
        pulses.add pulses.ask_another pulses.index pulses.look_ahead pulses.manners pulses.plan pulses.pulse
        pulses.raise_threshold
        programs.add_key programs.add_webhook programs.end_calls programs.index programs.revoke_key
        ranges.ask ranges.begin reliability.index reliability.show
        reorganising.add reorganising.ask_split reorganising.end reorganising.merge reorganising.move
        reorganising.split
        rosters.ask rosters.bring_in rosters.example rosters.report rosters.upload
        senders.add senders.add_holder senders.ask senders.remove senders.remove_holder
        staff_requests.erase staff_requests.held staff_requests.index
        themes.index themes.tried trials.send trials.show
        waves.close waves.delivery waves.index waves.open_now waves.pause waves.resume waves.show waves.unplan
        waves.withdraw
    """,
    Who.GOVERNANCE: "audit_log.export audit_log.index results.partition",
}

POLICY: Mapping[str, Who] = dict(
    chain.from_iterable(((endpoint, who) for endpoint in names.split()) for who, names in _ENDPOINTS.items())
)
"""By endpoint."""
