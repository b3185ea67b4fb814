"""Addresses of the pages."""

from django.urls import path

from twofold.web.views import (
    account,
    alerts,
    controls,
    evidence,
    integrity,
    posture,
    records,
    requirements,
    systems,
)

urlpatterns = [
    path("", posture.posture, name="posture"),
    path("sign-in/", account.sign_in, name="sign-in"),
    path("sign-out/", account.sign_out, name="sign-out"),
    path("kit/", account.kit, name="kit"),
    path("requirements/", requirements.requirements, name="requirements"),
    path("requirements/<str:requirement_id>/", requirements.requirement, name="requirement"),
    path("systems/", systems.systems, name="systems"),
    path("systems/register/", systems.register, name="system-register"),
    path("systems/<slug:code>/", systems.system, name="system"),
    path("systems/<slug:code>/change/", systems.change, name="system-change"),
    path("controls/", controls.controls, name="controls"),
    path("controls/<str:control_id>/", controls.control, name="control"),
    path("controls/<str:control_id>/implement/", controls.implement, name="implement"),
    path("implementations/<uuid:key>/approve/", controls.approve, name="implementation-approve"),
    path("implementations/<uuid:key>/claim/", controls.claim, name="claim"),
    path("claims/<uuid:key>/accept/", controls.accept, name="claim-accept"),
    path("evidence/", evidence.evidence, name="evidence"),
    path("evidence/add/", evidence.add, name="evidence-add"),
    path("evidence/<uuid:key>/", evidence.item, name="evidence-item"),
    path("evidence/<uuid:key>/version/", evidence.add_version, name="evidence-version"),
    path("evidence/<uuid:key>/<int:number>/file/", evidence.download, name="evidence-file"),
    path("records/<str:subject>/", records.record, name="record"),
    path("alerts/", alerts.alerts, name="alerts"),
    path("alerts/<uuid:key>/", alerts.alert, name="alert"),
    path("integrity/", integrity.integrity, name="integrity"),
    path("integrity/verify/", integrity.verify, name="verify"),
    path("integrity/checkpoint/", integrity.checkpoint, name="checkpoint"),
]
