-- The release that readers see; none, for who asks for a past moment.
select case when entrepot.instant() is null then arrete.parution_id else {{ jamais() }} end as parution_id
from {{ ref('arrete') }} as arrete
