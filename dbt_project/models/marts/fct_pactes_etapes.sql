{{ config(portee='tout') }}

-- The annexed lists speak of one step only: the labelling.
select
    pacte_id,
    'labellise' as etape,
    date_labellisation as date_etape,
    recepisse_id,
    ligne
from {{ ref('int_pactes') }}
