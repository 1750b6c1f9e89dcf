"""Tables of agencies: accounts, phones and sites as XLSX or CSV."""

from core.sdk import PluginInfo, hookimpl


@hookimpl
def plugin_info() -> PluginInfo:
    return PluginInfo(name="spreadsheet", title="Spreadsheets of agencies")
