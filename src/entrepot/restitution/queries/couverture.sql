-- Quarters up to the one asked for.
select *
from {rapport_couverture}
where trimestre <= %(trimestre)s
order by trimestre
