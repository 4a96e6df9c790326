"""The addresses of the desk."""

from __future__ import annotations

from sla_monitor.web.desk.audit_page import AuditFile, AuditPage
from sla_monitor.web.desk.credits_page import CreditsFile, CreditsPage
from sla_monitor.web.desk.decide_form import DecideForm
from sla_monitor.web.desk.desk_handler import DeskHandler
from sla_monitor.web.desk.desk_page import DeskPage
from sla_monitor.web.desk.entered_file import EnteredFile, UndoFile
from sla_monitor.web.desk.entry_form import EntryForm
from sla_monitor.web.desk.entry_page import EnteredPage, EntryPage
from sla_monitor.web.desk.import_form import ImportForm
from sla_monitor.web.desk.invoice_form import InvoiceForm
from sla_monitor.web.desk.maintenance_page import MaintenancePage
from sla_monitor.web.desk.meeting_page import MeetingPage
from sla_monitor.web.desk.month_page import CountersignForm, MonthPage, SignOffForm
from sla_monitor.web.desk.obligations_page import ObligationsPage
from sla_monitor.web.desk.outages_page import OutagesPage
from sla_monitor.web.desk.register_page import RegisterFile, RegisterPage
from sla_monitor.web.desk.shares_page import SharesPage
from sla_monitor.web.desk.sign_in import OpenIdAnswer, OpenIdBegin, SignIn, SignOut
from sla_monitor.web.desk.terms_form import TermsForm
from sla_monitor.web.desk.terms_page import ProposedTermsPage, TermsDecision, TermsPage
from sla_monitor.web.desk.undo_form import UndoForm

DESK_ROUTES: tuple[tuple[str, type[DeskHandler]], ...] = (
    (r"/sign-in", SignIn),
    (r"/sign-in/openid", OpenIdBegin),
    (r"/sign-in/openid/answer", OpenIdAnswer),
    (r"/sign-out", SignOut),
    (r"/desk", DeskPage),
    (r"/desk/contracts/([^/]+)/enter/([^/]+)", EntryForm),
    (r"/desk/contracts/([^/]+)/import", ImportForm),
    (r"/desk/contracts/([^/]+)/maintenance", MaintenancePage),
    (r"/desk/contracts/([^/]+)/months/([0-9]{4}-[0-9]{2})", MonthPage),
    (r"/desk/contracts/([^/]+)/months/([0-9]{4}-[0-9]{2})/sign-off", SignOffForm),
    (r"/desk/contracts/([^/]+)/months/([0-9]{4}-[0-9]{2})/countersign", CountersignForm),
    (r"/desk/contracts/([^/]+)/months/([0-9]{4}-[0-9]{2})/outages", OutagesPage),
    (r"/desk/contracts/([^/]+)/months/([0-9]{4}-[0-9]{2})/meeting", MeetingPage),
    (r"/desk/contracts/([^/]+)/entered", EnteredPage),
    (r"/desk/contracts/([^/]+)/entries", RegisterPage),
    (r"/desk/contracts/([^/]+)/entries\.csv", RegisterFile),
    (r"/desk/contracts/([^/]+)/entries/([1-9][0-9]{0,9})", EntryPage),
    (r"/desk/contracts/([^/]+)/entries/([1-9][0-9]{0,9})/decide", DecideForm),
    (r"/desk/contracts/([^/]+)/entries/([1-9][0-9]{0,9})/undo", UndoForm),
    (r"/desk/contracts/([^/]+)/entries/([1-9][0-9]{0,9})/file", EnteredFile),
    (r"/desk/contracts/([^/]+)/entries/([1-9][0-9]{0,9})/undo-file", UndoFile),
    (r"/desk/contracts/([^/]+)/credits", CreditsPage),
    (r"/desk/contracts/([^/]+)/credits\.csv", CreditsFile),
    (r"/desk/contracts/([^/]+)/credits/invoice", InvoiceForm),
    (r"/desk/contracts/([^/]+)/obligations", ObligationsPage),
    (r"/desk/contracts/([^/]+)/terms", TermsPage),
    (r"/desk/contracts/([^/]+)/terms/propose", TermsForm),
    (r"/desk/contracts/([^/]+)/terms/([1-9][0-9]{0,9})", ProposedTermsPage),
    (r"/desk/contracts/([^/]+)/terms/([1-9][0-9]{0,9})/(approve|reject|withdraw)", TermsDecision),
    (r"/desk/participants/([^/]+)", SharesPage),
    (r"/desk/audit", AuditPage),
    (r"/desk/audit\.csv", AuditFile),
)
