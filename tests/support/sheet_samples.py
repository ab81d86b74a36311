"""A file of two issues for each kind of CSV that a table of columns describes: 7 is open, and 8 is closed."""

SHEETS = {
    "azure-csv": (
        "ID,Work Item Type,Title 1,Title 2,State,Description,Repro Steps,Created Date,Changed Date",
        '7,Bug,,Crash at start,Active,,"<p>Open it <b>twice</b>.</p>",2/3/2025 9:15:00 AM,2/14/2025 9:15:00 AM',
        "8,Epic,Quiet start,,Removed,Less noise,,2/3/2025 9:15:00 AM,2/14/2025 9:15:00 AM",
    ),
    "clickup-csv": (
        "Task ID,Task Name,Task Content,Status,Date Created,Date Closed",
        "7,Crash at start,Open it twice.,to do,1738574100000,",
        "8,Quiet start,Less noise,live,1738574100000,1738660500000",
    ),
    "taiga-csv": (
        "id,ref,subject,description,owner,status,is_closed,created_date,modified_date,finished_date",
        "901,7,Crash at start,Open it twice.,signe,Tested,False,2025-02-03 09:15:00+00:00,,",
        "902,8,Quiet start,Less noise,signe,Tested,True,2025-02-03 09:15:00+00:00,,2025-02-04 09:15:00+00:00",
    ),
    "asana-csv": (
        "Task ID,Created At,Completed At,Last Modified,Name,Section/Column,Notes,Projects",
        "7,2025-02-03,,2025-02-14,Crash at start,Done,Open it twice.,Kiln",
        "8,2025-02-03,2025-02-14,2025-02-14,Quiet start,To do,Less noise,Kiln",
    ),
    "notion-csv": (
        "Name,Status,Description,Created time,Last edited time,Task ID",
        'Crash at start,Doing,Open it twice.,"February 3, 2025 9:15 AM","February 14, 2025 9:15 AM",7',
        'Quiet start,Done,Less noise,"February 3, 2025 9:15 AM","February 14, 2025 9:15 AM",8',
    ),
    "monday-csv": (
        "Name,Status,Long Text,Item ID (auto generated),Creation Log",
        "Crash at start,Working on it,Open it twice.,7,2025-02-03 09:15:00",
        "Quiet start,Done,Less noise,8,2025-02-03 09:15:00",
    ),
    "pivotal-csv": (
        "Id,Story,Labels,Current State,Created at,Accepted at,Description,Owned By,Owned By",
        '7,Crash at start,,delivered,"Feb 3, 2025",,Open it twice.,,',
        '8,Quiet start,,accepted,"Feb 3, 2025","Feb 14, 2025",Less noise,,',
    ),
    "shortcut-csv": (
        "id,name,type,description,is_completed,created_at,updated_at,completed_at",
        "7,Crash at start,bug,Open it twice.,f,2025/02/03 09:15:00,2025/02/14 09:15:00,",
        "8,Quiet start,chore,Less noise,t,2025/02/03 09:15:00,2025/02/14 09:15:00,2025/02/14 09:15:00",
    ),
    "trello-csv": (
        "Card ID,Card Name,Card URL,Card Description,List Name,Board Name,Archived,Last Activity Date",
        "7,Crash at start,https://trello.com/c/a7,Open it twice.,Doing,Kiln,false,2025-02-14T09:15:00Z",
        "8,Quiet start,https://trello.com/c/a8,Less noise,Done,Kiln,false,2025-02-14T09:15:00Z",
    ),
    "servicenow-csv": (
        "number,short_description,description,state,close_code,opened_at,sys_updated_on,parent_incident",
        "7,Crash at start,Open it twice.,2,,2025-02-03 09:15:00,2025-02-14 09:15:00,",
        "8,Quiet start,Less noise,7,Duplicate,2025-02-03 09:15:00,2025-02-14 09:15:00,7",
    ),
    "freshdesk-csv": (
        "Ticket ID,Subject,Description,Status,Created time,Last update time",
        "7,Crash at start,Open it twice.,Waiting on Customer,2025-02-03 09:15:00,2025-02-14 09:15:00",
        "8,Quiet start,Less noise,Closed,2025-02-03 09:15:00,2025-02-14 09:15:00",
    ),
    "zendesk-csv": (
        "Id,Requester,Subject,Description,Status,Created at,Solved at",
        "7,Signe,Crash at start,Open it twice.,Hold,2025-02-03 09:15:00,",
        "8,Ravi,Quiet start,Less noise,Solved,2025-02-03 09:15:00,2025-02-14 09:15:00",
    ),
    "roundup-csv": (
        "id,title,creation,activity,status,superseder,message",
        "7,Crash at start,2025-02-03.09:15:00,2025-02-14.09:15:00,languishing,,Open it twice.",
        "8,Quiet start,2025-02-03.09:15:00,2025-02-14.09:15:00,closed,7,Less noise",
    ),
    "itop-csv": (
        "Ref,Title,Organization->Name,Caller,Start date,Last update,Close date,Status,Resolution code,Description",
        "7,Crash at start,House,Ada,2025-02-03 09:15:00,2025-02-04 09:15:00,,Assigned,,<p>Open it <b>twice</b>.</p>",
        "8,Quiet start,House,Bo,2025-02-03 09:15:00,2025-02-04 09:15:00,2025-02-04 09:15:00,Closed,,<p>Less noise</p>",
    ),
}
"""Header, and a row of an open and of a closed issue, by the kind of source."""
